// Peer.swift - another process of the fabric (or this one, seen as a target), with its segment mapped.
//
// Owns: the mapping of its segment, the knowledge whether it still lives, copies of its event descriptors.
// Does not: believe anything in the segment; readers check.
// Locking: `descriptorLock` guards the copied descriptors, `regionLock` the mapped regions; `alive` is written by the
// agent, read by everyone.

import Platform
import Synchronization
import Verbs

/// A process that requests can be executed against.
public final class Peer: @unchecked Sendable {
    public let holder: HolderIdentity
    /// Its process number in our PID namespace; 0 when it has none there.
    public let pid: Int32
    public let view: SegmentView
    /// Non-zero while the process lives, as far as is known.
    public let alive = Atomic<UInt32>(1)
    /// A `PeerReach`.
    let reachWord: Atomic<UInt32>
    let process: ProcessDescriptor
    /// Wakes its agent. Belongs to `ownedBell`, or for this process itself to its member.
    let bell: Int32
    private let ownedBell: OwnedDescriptor?
    private let mapping: Mapping?
    private let descriptorLock = PrivateLock()
    /// By number there: the name that it had when it was copied, and the copy.
    private var descriptors: [Int32: (name: EventName, copy: Int32)] = [:]
    let regionLock = PrivateLock()
    var regions: [UInt64: MappedRegion] = [:]

    /// A peer whose descriptors came over a socket. Nil when the segment is not what it should be.
    init?(_ hello: Hello, pid: Int32, segment: borrowing OwnedDescriptor, process: consuming ProcessDescriptor, bell: consuming OwnedDescriptor) {
        guard SharedMemory.isSealed(segment.number, byteCount: SegmentLayout.byteCount), process.isAlive(),
            let mapping = try? Mapping.shared(descriptor: segment.number, byteCount: SegmentLayout.byteCount)
        else { return nil }
        guard mapping.keepFromChildren() else { return nil }
        view = unsafe SegmentView(base: mapping.base)
        guard view.header.magic.acquire() == SegmentLayout.magic, view.header.holder.load() == hello.holder.rawValue else {
            return nil
        }
        holder = hello.holder
        self.pid = pid
        reachWord = Atomic(Self.tryReach(hello, pid: pid).rawValue)
        self.process = process
        self.bell = bell.number
        ownedBell = consume bell
        self.mapping = consume mapping
    }

    /// This process as a target of its own requests.
    init(itself hello: Hello, view: SegmentView, bell: Int32) throws(SystemError) {
        holder = hello.holder
        pid = hello.pid
        self.view = view
        self.bell = bell
        reachWord = Atomic(Self.tryReach(hello, pid: hello.pid).rawValue)
        process = try ProcessDescriptor(pid: hello.pid)
        ownedBell = nil
        mapping = nil
    }

    deinit {
        for descriptor in descriptors.values { _ = OwnedDescriptor(adopting: descriptor.copy) }
    }

    /// Whether this is our own process, as a target of its own requests.
    public var isItself: Bool { mapping == nil }

    public var isAlive: Bool { alive.load(ordering: .relaxed) != 0 }

    func markDead() { alive.store(0, ordering: .releasing) }

    /// Raises one unit on an event descriptor of that process: by a copy of it, or, where we may have none, by its agent.
    public func signal(_ name: EventName) {
        guard let number = name.number, isAlive else { return }
        let isRaised = descriptorLock.withLock { () -> Bool in
            guard let copy = copied(number, name) else { return false }
            // A counter that its owner keeps full has been signalled enough; we would wait for ever.
            guard EventDescriptor.canSignal(copy) else { return true }
            if !EventDescriptor.signal(copy) { forget(number) }
            return true
        }
        if isRaised { return }
        // Full only when as many events wait for an agent that does not run: a moment, then this one is lost.
        var tries = 0
        while !SignalMailbox(view).post(name), tries < 1000 {
            Clock.yield()
            tries += 1
        }
        ringBell()
    }

    /// Our copy of its descriptor; refused unless it is an event descriptor, for the name came from shared memory.
    private func copied(_ number: Int32, _ name: EventName) -> Int32? {
        if let known = descriptors[number] {
            if known.name == name { return known.copy }
            forget(number)
        }
        guard let copy = try? process.duplicate(number), ProcessDescriptor.isEventDescriptor(copy.number) else { return nil }
        let kept = copy.release()
        descriptors[number] = (name, kept)
        return kept
    }

    private func forget(_ number: Int32) {
        if let known = descriptors.removeValue(forKey: number) { _ = OwnedDescriptor(adopting: known.copy) }
    }
}
