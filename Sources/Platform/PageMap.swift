// PageMap.swift - which page frames a process has behind its pages.
//
// Owns: one open /proc/PID/pagemap. Frame numbers are told to CAP_SYS_ADMIN only; without it every present page reads as frame 0.
// Counterpart: Documentation/admin-guide/mm/pagemap.rst.
import CPlatform
import Glibc

/// A process's page map.
public struct PageMap: ~Copyable {
    /// One page.
    public struct Entry: Equatable, Sendable {
        public let word: UInt64

        public init(word: UInt64) { self.word = word }

        /// A page that is mapped, with the frame of this number behind it.
        public static func present(frame: UInt64) -> Entry { Entry(word: 1 << 63 | frame) }

        /// A page in a device's memory.
        public static var onDevice: Entry { Entry(word: 1 << 62 | 31) }

        public var isPresent: Bool { word >> 63 & 1 == 1 }
        public var isSwapped: Bool { word >> 62 & 1 == 1 }
        /// Whether it lies in a device's memory, which the processor cannot reach. The kernel writes that as a swap area with a number above
        /// those that real ones have (MAX_SWAPFILES is 23 where all of its own kinds are built in); numbers are told as frames are.
        public var isOnDevice: Bool { isSwapped && word & 31 > 23 }
        /// Whether reading it by a pin could give the process a frame of its own: it has content, and the process may not be
        /// alone in using it. What is swapped out counts too, for nothing is said of it.
        public var mayBeShared: Bool { word >> 62 != 0 && word >> 56 & 1 == 0 }
        /// The frame's number, where it may be known.
        public var frame: UInt64 { isPresent ? word & ((1 << 55) - 1) : 0 }
    }

    private let descriptor: OwnedDescriptor

    /// Opens the map of a process.
    public init(pid: Int32) throws(SystemError) {
        let result = unsafe open("/proc/\(pid)/pagemap", O_RDONLY | O_CLOEXEC)
        descriptor = OwnedDescriptor(adopting: try SystemError.check(result < 0 ? -errno : result, "open pagemap"))
    }

    /// Whether the process may not be alone in using some page of a range.
    public func mayBeShared(from address: UInt64, byteCount: UInt64) throws(SystemError) -> Bool {
        let pageBytes = UInt64(Host.pageBytes)
        guard byteCount > 0 else { return false }
        var page = address / pageBytes
        let end = (address &+ (byteCount - 1)) / pageBytes + 1
        while page < end {
            let count = Int(min(end - page, 4096))
            if try entries(from: page * pageBytes, count: count).contains(where: \.mayBeShared) { return true }
            page += UInt64(count)
        }
        return false
    }

    /// So many pages from an address on.
    public func entries(from address: UInt64, count: Int) throws(SystemError) -> [Entry] {
        var words = [UInt64](repeating: 0, count: count)
        let place = Int(address / UInt64(Host.pageBytes)) * 8
        let got = unsafe words.withUnsafeMutableBytes { unsafe pread(descriptor.number, $0.baseAddress, $0.count, place) }
        try SystemError.check(got < 0 ? -errno : 0, "read pagemap")
        return words.map { Entry(word: $0) }
    }
}
