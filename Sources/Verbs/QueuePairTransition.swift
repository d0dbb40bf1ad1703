// QueuePairTransition.swift - one legal change of a queue pair's state, and what it may set.
//
// Owns: one row of the specification's table. Does not: hold the table (`QueuePairTransitions`).
// Spec: IBA vol 1, 11.2.5.2 (modify queue pair, attribute tables).

/// One legal change of state for one type of queue pair.
public struct QueuePairTransition: Equatable, Sendable {
    public let from: QueuePairState
    public let to: QueuePairState
    public let type: QueuePairType
    /// Must all be named, apart from the state itself.
    public let required: QueuePairAttributeMask
    /// May be named as well.
    public let optional: QueuePairAttributeMask

    public init(
        from: QueuePairState, to: QueuePairState, type: QueuePairType,
        required: QueuePairAttributeMask, optional: QueuePairAttributeMask
    ) {
        self.from = from
        self.to = to
        self.type = type
        self.required = required
        self.optional = optional
    }
}
