// MappedArea.swift - one virtual memory area of this process, and whether forks copy it.
//
// Owns: nothing. Counterpart: struct vm_area_struct; proc_pid_smaps(5), madvise(2) MADV_DONTFORK, MADV_DOFORK.
import CPlatform

/// An area of this process's memory, as the kernel describes it.
public struct MappedArea: Sendable {
    public let start: UInt64
    public let end: UInt64
    /// Bytes of a page of it: a base page, or a hugepage of hugetlbfs.
    public let pageBytes: UInt64
    public let isWritable: Bool
    public let isShared: Bool
    /// Forks leave it out.
    public let isNotForked: Bool
    /// Some page of it has a frame of its own.
    public let hasFrames: Bool

    private init(_ area: verbena_area) {
        start = area.start
        end = area.end
        pageBytes = area.page_bytes
        isWritable = area.flags & UInt32(VERBENA_AREA_WRITABLE) != 0
        isShared = area.flags & UInt32(VERBENA_AREA_SHARED) != 0
        isNotForked = area.flags & UInt32(VERBENA_AREA_NOT_FORKED) != 0
        hasFrames = area.flags & UInt32(VERBENA_AREA_HAS_FRAMES) != 0
    }

    /// The areas that lie between two addresses, lowest first.
    public static func all(from low: UInt64, to high: UInt64) throws(SystemError) -> [MappedArea] {
        var found: [MappedArea] = []
        var next = low
        while true {
            var piece = [verbena_area](repeating: verbena_area(), count: 16)
            let count = try SystemError.check(unsafe verbena_areas(next, high, &piece, piece.count), "/proc/self/smaps")
            found += piece[..<Int(count)].map(MappedArea.init)
            guard Int(count) == piece.count, let last = found.last else { return found }
            next = last.end
        }
    }

    /// The same by queries, whose cost does not grow with what is mapped elsewhere; but `isNotForked`, which no query tells, is
    /// false. Nil where the kernel (before Linux 6.11) has none.
    public static func allButForked(from low: UInt64, to high: UInt64) -> [MappedArea]? {
        var found: [MappedArea] = []
        var next = low
        while next < high {
            var area = verbena_area()
            let result = unsafe verbena_area_by_query(next, &area)
            if result == -ErrorNumber.noSuchEntry { break }
            guard result >= 0 else { return nil }
            if area.start >= high { break }
            let frames = verbena_has_frames(area.start, area.end)
            guard frames >= 0 else { return nil }
            if frames > 0 { area.flags |= UInt32(VERBENA_AREA_HAS_FRAMES) }
            found.append(MappedArea(area))
            next = area.end
        }
        return found
    }

    /// How many areas a process has, and how many it may have (vm.max_map_count); nil where that cannot be seen.
    public static func budget(pid: Int32) -> (used: Int, maximum: Int)? {
        let count = verbena_area_count(pid)
        guard count >= 0, let maximum = maximumCount else { return nil }
        return (Int(count), maximum)
    }

    public static var maximumCount: Int? { SmallFile.text("/proc/sys/vm/max_map_count").flatMap { Int($0) } }

    /// Says whether forks shall copy a range: all that is mapped of it, even where this throws ENOMEM for a hole.
    /// - Throws: EAGAIN where the process has no area left to split one.
    public static func setForked(_ isForked: Bool, address: UInt64, byteCount: UInt64) throws(SystemError) {
        try SystemError.check(verbena_forget_in_children(address, byteCount, !isForked), "madvise")
    }

    /// Gives a page a frame of its own, with the bytes it has. False where it cannot be written.
    @discardableResult
    public static func giveFrame(at address: UInt64) -> Bool { verbena_give_frame(address) >= 0 }
}
