// PollEntry.swift - one descriptor to wait for.
//
// Owns: the layout of struct pollfd. Counterpart: poll(2).

/// A descriptor, what to wait for, and what came. A negative descriptor is skipped.
@frozen
public struct PollEntry: Sendable {
    public var descriptor: Int32
    public var awaited: PollEvents
    public var seen: PollEvents

    @inlinable
    public init(descriptor: Int32, awaited: PollEvents = .readable) {
        self.descriptor = descriptor
        self.awaited = awaited
        seen = []
    }
}
