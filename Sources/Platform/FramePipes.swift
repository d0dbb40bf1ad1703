// FramePipes.swift - references to pages, in pipes: they keep frames for reading, and unshare nothing.
//
// Owns: the pipes. What they hold can be looked at any number of times.
// Counterpart: vmsplice(2) without SPLICE_F_GIFT, tee(2).
import CPlatform

/// The frames of a range of whole pages as they were when it was made.
final class FramePipes {
    private static let pageBytes: UInt64 = 4096

    /// Each pipe, and the first page that it holds.
    private(set) var pipes: [(descriptor: Int32, firstPage: UInt64)] = []
    private let pageCount: UInt64

    /// - Throws: ENOMEM or EMFILE when there are no more pipes, EFAULT where nothing is mapped.
    init(address: UInt64, byteCount: UInt64) throws(SystemError) {
        pageCount = byteCount / Self.pageBytes
        var page: UInt64 = 0
        while page < pageCount {
            var descriptor: Int32 = -1
            let rest = Int(min(pageCount - page, Self.pagesOfAPipe) * Self.pageBytes)
            let held = try unsafe SystemError.check(
                verbena_frame_pipe_hold(address + page * Self.pageBytes, rest, &descriptor), "vmsplice")
            pipes.append((descriptor, page))
            page += UInt64(held)
        }
    }

    /// What an unprivileged user may have in one pipe, by default.
    private static let pagesOfAPipe: UInt64 = 256

    deinit { for pipe in pipes { _ = verbena_close(pipe.descriptor) } }

    /// Copies from the frames; false when the copy faults.
    func read(_ offset: UInt64, to destination: UInt64, byteCount: Int) -> Bool {
        var (offset, destination, left) = (offset, destination, UInt64(byteCount))
        while left > 0 {
            guard let index = pipes.lastIndex(where: { $0.firstPage <= offset / Self.pageBytes }) else { return false }
            let end = (index + 1 < pipes.count ? pipes[index + 1].firstPage : pageCount) * Self.pageBytes
            let part = min(left, end - offset)
            let inPipe = offset - pipes[index].firstPage * Self.pageBytes
            guard verbena_frame_pipe_read(pipes[index].descriptor, Int(inPipe), destination, Int(part)) else { return false }
            offset += part
            destination += part
            left -= part
        }
        return true
    }
}
