// CompletionQueueFlags.swift - what a program promises of how it uses a completion queue.
//
// Spec: ibv_create_cq_ex(3).   C: enum ibv_create_cq_attr_flags, same raw values.

/// Promises about the use of a completion queue.
@frozen
public struct CompletionQueueFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Only one thread polls at a time. An uncontended lock costs next to nothing, so the device takes it all the same:
    /// queue pairs may be destroyed by other threads.
    public static let singleThreaded = CompletionQueueFlags(rawValue: 1 << 0)
    /// The program keeps the queue from overrunning; should it fail to, the queue does not go into error.
    public static let ignoresOverrun = CompletionQueueFlags(rawValue: 1 << 1)

    /// - Throws: EINVAL for a flag that no header defines.
    public func check() throws(VerbsErrno) {
        guard isSubset(of: [.singleThreaded, .ignoresOverrun]) else { throw .invalidArgument }
    }
}
