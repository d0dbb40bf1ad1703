// PageField.swift - a stretch of addresses whose pages a test maps as it likes.
import CPlatformTestSupport
import Glibc
import Platform

/// Pages of this process, by index. All calls go to the kernel as a program's would, and to nobody else.
@safe
final class PageField {
    /// A true hole would be mapped by any other thread: what is left out is closed instead.
    enum Kind: CaseIterable {
        case closed, privatePages, readOnly, shared
    }

    let base: UInt64
    let count: Int
    static let pageBytes = UInt64(4096)

    /// All closed, with a page beside each end.
    init(count: Int) {
        self.count = count
        let place = unsafe mmap(nil, (count + 2) * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        base = UInt64(UInt(bitPattern: place)) + Self.pageBytes
    }

    deinit { unsafe munmap(pointer(-1), (count + 2) * 4096) }

    func address(_ page: Int) -> UInt64 { base &+ UInt64(bitPattern: Int64(page)) &* Self.pageBytes }

    private func pointer(_ page: Int) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(address(page)))
    }

    /// What was mapped there is gone.
    func map(_ pages: Range<Int>, _ kind: Kind) {
        let protection = kind == .closed ? PROT_NONE : kind == .readOnly ? PROT_READ : PROT_READ | PROT_WRITE
        let flags = MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE | (kind == .shared ? MAP_SHARED : MAP_PRIVATE)
        let mapped = unsafe mmap(pointer(pages.lowerBound), pages.count * 4096, protection, flags, -1, 0)
        precondition(unsafe mapped == pointer(pages.lowerBound))
    }

    func touch(_ page: Int) { unsafe pointer(page)?.storeBytes(of: 1, as: UInt8.self) }

    @discardableResult
    func advise(_ pages: Range<Int>, _ advice: Int32) -> Int32 {
        unsafe madvise(pointer(pages.lowerBound), pages.count * 4096, advice)
    }

    /// mremap to another place of the field; the old one stays mapped. False where the kernel refuses, as it does for more
    /// than one area.
    func move(_ pages: Range<Int>, to page: Int) -> Bool {
        unsafe verbena_test_move(pointer(pages.lowerBound), pages.count * 4096, pointer(page))
    }

    /// Which pages forks leave out, as the kernel says.
    func notForked() throws -> [Bool] {
        var answer = [Bool](repeating: false, count: count)
        for area in try MappedArea.all(from: base, to: address(count)) where area.isNotForked {
            let first = area.start < base ? 0 : Int((area.start - base) / Self.pageBytes)
            for page in first..<min(count, Int((area.end - base) / Self.pageBytes)) { answer[page] = true }
        }
        return answer
    }
}
