// Mapping.swift - a range of memory with one owner.
//
// Owns: the pages, unmapped when the owner ends. Counterpart: mmap(2), madvise(2).
import CPlatform

/// Mapped memory that is unmapped when its owner goes away. It never moves.
@safe
public struct Mapping: ~Copyable {
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int

    init(base: UnsafeMutableRawPointer, byteCount: Int) {
        unsafe self.base = unsafe base
        self.byteCount = byteCount
    }

    /// Maps a shared file. Pages that nobody touches cost nothing.
    public static func shared(
        descriptor: Int32, byteCount: Int, writable: Bool = true
    ) throws(SystemError) -> Mapping {
        var base: UnsafeMutableRawPointer?
        let result = unsafe verbena_map_shared(descriptor, size(byteCount), writable, &base)
        return try unsafe adopt(base, byteCount, result)
    }

    /// Maps zero-filled pages of this process's own.
    public static func privatePages(byteCount: Int) throws(SystemError) -> Mapping {
        var base: UnsafeMutableRawPointer?
        let result = unsafe verbena_map_private(size(byteCount), &base)
        return try unsafe adopt(base, byteCount, result)
    }

    /// A forked child does not get these pages. False if the kernel refused.
    @discardableResult
    public func keepFromChildren() -> Bool { unsafe verbena_keep_from_children(base, byteCount) == 0 }

    /// A forked child reads zeros in these pages; only for private pages. False if the kernel refused.
    @discardableResult
    public func wipeInChildren() -> Bool { unsafe verbena_wipe_in_children(base, byteCount) == 0 }

    /// Large pages are welcome where the memory is not yet touched: fewer faults, and fewer walks of page tables. The kernel may ignore it.
    public func preferLargePages() { unsafe verbena_prefer_large_pages(base, byteCount) }

    /// Keeps the memory mapped until the process ends.
    public consuming func leak() -> UnsafeMutableRawPointer {
        let base = unsafe self.base
        discard self
        return unsafe base
    }

    deinit {
        let result = unsafe verbena_unmap(base, byteCount)
        precondition(result == 0, "munmap failed: the mapping was not this owner's")
    }

    /// A negative count becomes 0, which mmap refuses with EINVAL.
    static func size(_ byteCount: Int) -> Int { max(byteCount, 0) }

    static func adopt(
        _ base: UnsafeMutableRawPointer?, _ byteCount: Int, _ result: Int32
    ) throws(SystemError) -> Mapping {
        try SystemError.check(result, "mmap")
        guard let base = unsafe base else { throw SystemError(number: ErrorNumber.badAddress, call: "mmap") }
        return unsafe Mapping(base: base, byteCount: byteCount)
    }
}
