// RegistrationArena.swift - memory with pages of every right, for registrations to succeed and fail in.

import Glibc
import Testing

/// Pages of several rights in a row, mapped until the owner ends.
@safe
final class RegistrationArena {
    static let pageCount = 24
    static let pageBytes: UInt64 = 4096
    /// By page: pages to read and write, to read only, and that nobody may touch.
    static let rights: [Int32] = (0..<pageCount).map { page in
        switch page {
        case 8..<11: PROT_READ
        case 16: PROT_NONE
        default: PROT_READ | PROT_WRITE
        }
    }

    private let base: UnsafeMutableRawPointer
    private static var byteCount: Int { pageCount * Int(pageBytes) }

    init() throws {
        let mapped = unsafe mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        unsafe base = try #require(unsafe mapped)
        for (page, right) in Self.rights.enumerated() {
            #expect(unsafe mprotect(base + page * Int(Self.pageBytes), Int(Self.pageBytes), right) == 0)
        }
    }

    deinit { unsafe munmap(base, Self.byteCount) }

    var address: UInt64 { unsafe UInt64(UInt(bitPattern: base)) }
    var firstPage: UInt64 { address / Self.pageBytes }

    /// Whether some page from `first` to `last` lacks what is needed.
    static func lacks(_ needed: Int32, _ first: UInt64, _ last: UInt64) -> Bool {
        (first...last).contains { $0 >= pageCount || rights[Int($0)] & needed != needed }
    }
}
