// SignalMailbox.swift - events that peers want raised in a process whose descriptors they may not copy.
//
// Owns: the protocol: a peer puts a name into a free word, sets the flag, rings the bell; the agent takes the names out.
// Locking: none; every word is taken and given by one atomic operation.

import Synchronization

/// The mailbox in one segment.
struct SignalMailbox {
    private let view: SegmentView

    init(_ view: SegmentView) { self.view = view }

    /// Leaves a name; false when there is no room.
    func post(_ name: EventName) -> Bool {
        let count = SegmentLayout.mailboxWords
        let start = Int(name.rawValue) & (count - 1)
        for step in 0..<count where view.mailboxWord((start + step) & (count - 1)).replace(0, by: name.rawValue) {
            view.header.signalsPending.exchange(1)
            return true
        }
        return false
    }

    var isEmpty: Bool { view.header.signalsPending.load() == 0 }

    /// Takes every name out.
    func take(_ body: (EventName) -> Void) {
        guard view.header.signalsPending.exchange(0) != 0 else { return }
        for index in 0..<SegmentLayout.mailboxWords where view.mailboxWord(index).load() != 0 {
            let name = view.mailboxWord(index).exchange(0)
            if name != 0 { body(EventName(rawValue: name)) }
        }
    }
}
