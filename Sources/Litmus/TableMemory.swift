// TableMemory.swift - where the tables of an exploration get their memory.
//
// Owns: the choice; this module asks no operating system. A table is visited at random places all the time, so that whoever can bring
// memory of large pages makes an exploration faster.

/// Gives rooms.
public struct TableMemory: Sendable {
    private let take: @Sendable (_ byteCount: Int) -> any TableRoom

    /// - Parameter take: makes a room of so many bytes, at least 1.
    public init(take: @escaping @Sendable (_ byteCount: Int) -> any TableRoom) { self.take = take }

    /// A room of so many bytes, at least 1.
    public func room(_ byteCount: Int) -> any TableRoom { take(byteCount) }

    /// The heap's.
    public static let heap = TableMemory { HeapRoom(byteCount: $0) }
}
