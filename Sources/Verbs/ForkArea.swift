// ForkArea.swift - what fork protection has to know of an area of memory. Counterpart: struct vm_area_struct.

/// Pages in a row of which the same is true.
public struct ForkArea: Sendable {
    public let pages: PageRange
    /// Base pages that can be advised only together: more than one in a hugepage area.
    public let unitPages: UInt64
    public let isPrivate: Bool
    public let isWritable: Bool
    /// Forks leave it out.
    public let isNotForked: Bool

    public init(pages: PageRange, unitPages: UInt64 = 1, isPrivate: Bool, isWritable: Bool, isNotForked: Bool) {
        self.pages = pages
        self.unitPages = unitPages
        self.isPrivate = isPrivate
        self.isWritable = isWritable
        self.isNotForked = isNotForked
    }
}
