// Outcome.swift - what both sides must see of an exchange.

/// What both sides must see of an exchange.
struct Outcome: Equatable, CustomStringConvertible {
    var status: Status = .success
    var state: State = .readyToSend
    var receives: [Status] = []
    var events: [Event] = []
    /// nil when the target is gone.
    var targetState: State? = .readyToSend
    /// Whether the payload arrived, wherever the operation puts it.
    var moves = true

    /// For readers: what is as it was is left out.
    var words: String {
        if status == .success, receives.isEmpty, events.isEmpty { return "SUCCESS, and nothing arrives" }
        let here = state == .readyToSend ? "\(status)" : "\(status), \(state)"
        let there = (receives.map { "\($0)" } + events.map { "\($0)" } + (targetState == .error ? ["ERR"] : [])).joined(separator: ", ")
        return there.isEmpty ? "\(here); the target notices nothing" : "\(here); at the target \(there)"
    }

    var description: String {
        "\(status), \(state); target: \(receives) \(events) \(targetState.map { "\($0)" } ?? "gone"), "
            + (moves ? "bytes moved" : "nothing moved")
    }
}
