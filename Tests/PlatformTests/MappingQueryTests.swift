// MappingQueryTests.swift - rights over ranges, by the kernel's query and by its text.
import CPlatform
import Glibc
import Platform
import Testing

@Suite struct MappingQueryTests {
    /// Pages r-, rw, --, shared rw, in a row.
    private final class Quilt {
        let base: UInt64
        let page = UInt64(Host.pageBytes)
        private let mapping: Mapping

        init() throws {
            mapping = try Mapping.privatePages(byteCount: 4 * Host.pageBytes)
            base = unsafe UInt64(UInt(bitPattern: mapping.base))
            let file = try SharedMemory.create(byteCount: Host.pageBytes)
            let pageBytes = Host.pageBytes
            unsafe mprotect(mapping.base, pageBytes, PROT_READ)
            unsafe mprotect(mapping.base + 2 * pageBytes, pageBytes, PROT_NONE)
            let placed = unsafe mmap(
                mapping.base + 3 * pageBytes, pageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file.number, 0)
            try #require(unsafe placed == mapping.base + 3 * pageBytes)
        }
    }

    enum Way: CaseIterable {
        case best, query, text

        func rights(_ start: UInt64, _ byteCount: UInt64) -> MappedRights? {
            let result =
                switch self {
                case .best: MappingQuery.rights(start: start, byteCount: byteCount)?.rawValue ?? -ENOMEM
                case .query: verbena_mapping_rights_by_query(start, byteCount)
                case .text: verbena_mapping_rights_by_text(start, byteCount)
                }
            return result < 0 ? nil : MappedRights(rawValue: result)
        }

        /// Kernels before 6.11 have the text only.
        static var here: [Way] { verbena_mapping_rights_by_query(0, 1) == -ENOTTY ? [.best, .text] : allCases }
    }

    @Test(arguments: Way.here) func rightsHoldForTheWholeRange(_ way: Way) throws {
        let quilt = try Quilt()
        let (base, page) = (quilt.base, quilt.page)
        #expect(way.rights(base, page) == [.readable, .privatePages])
        #expect(way.rights(base + page, page) == [.readable, .writable, .privatePages])
        #expect(way.rights(base, page + 1) == [.readable, .privatePages])
        #expect(way.rights(base + 2 * page, page) == [.privatePages])
        #expect(way.rights(base, 3 * page) == [.privatePages])
        #expect(way.rights(base + 3 * page, page) == [.readable, .writable, .shared])
        #expect(way.rights(base + 3 * page - 1, 2) == [])
        #expect(way.rights(base + page + 17, 1) == [.readable, .writable, .privatePages])
        #expect(way.rights(base + page + 17, 0) == [.readable, .writable, .privatePages])
    }

    @Test(arguments: Way.here) func aHoleIsNoRange(_ way: Way) {
        let page = UInt64(Host.pageBytes)
        #expect(way.rights(0, 1) == nil)
        #expect(way.rights(0, .max) == nil)
        #expect(way.rights(.max, 2) == nil)
        #expect(way.rights(.max - page, page) == nil)
    }

    /// Both ways agree on ranges that begin and end anywhere in a large reservation with many rights.
    @Test func queryAndTextAgree() throws {
        try #require(Way.here.count == 3 || verbena_mapping_rights_by_query(0, 1) == -ENOTTY)
        guard Way.here.count == 3 else { return }
        let pageBytes = Host.pageBytes
        let mapping = try Mapping.privatePages(byteCount: 64 * pageBytes)
        let base = unsafe UInt64(UInt(bitPattern: mapping.base))
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        func next(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        for index in 0..<64 {
            let protection = [PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE][Int(next(3))]
            unsafe mprotect(mapping.base + index * pageBytes, pageBytes, protection)
        }
        for _ in 0..<300 {
            let start = next(64 * UInt64(pageBytes) - 1)
            let count = 1 + next(min(6 * UInt64(pageBytes), 64 * UInt64(pageBytes) - start))
            #expect(Way.query.rights(base + start, count) == Way.text.rights(base + start, count))
        }
        #expect(mapping.byteCount == 64 * pageBytes)
    }
}
