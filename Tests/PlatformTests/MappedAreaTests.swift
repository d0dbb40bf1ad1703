// MappedAreaTests.swift - areas by the kernel's queries, beside smaps.
import Glibc
import Platform
import Testing

@Suite struct MappedAreaTests {
    /// Stretches of four pages, each an area of its own: touched, untouched, read only by looking, taken from a file and not,
    /// written there, read-only after a write, shared, and a hole.
    private final class Field {
        static let stretch = 4
        let base: UInt64
        private let mapping: Mapping
        private let file: OwnedDescriptor

        init() throws {
            let bytes = Self.stretch * Host.pageBytes
            mapping = try Mapping.privatePages(byteCount: 16 * bytes)
            base = unsafe UInt64(UInt(bitPattern: mapping.base))
            file = try SharedMemory.create(byteCount: bytes)
            // Every other stretch cannot be touched, and keeps those beside it apart.
            for index in 0..<8 { _ = unsafe mprotect(at(2 * index + 1), bytes, PROT_NONE) }
            unsafe at(0).storeBytes(of: 1, toByteOffset: 2 * Host.pageBytes, as: UInt8.self)
            #expect(unsafe at(4).load(as: UInt8.self) == 0)
            for index in [6, 8, 12] {
                let placed = unsafe mmap(
                    at(index), bytes, PROT_READ | PROT_WRITE, (index == 12 ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED, file.number, 0)
                try #require(unsafe placed == at(index))
                #expect(unsafe at(index).load(as: UInt8.self) == 0)
            }
            unsafe at(8).storeBytes(of: 1, as: UInt8.self)
            unsafe at(10).storeBytes(of: 1, as: UInt8.self)
            _ = unsafe mprotect(at(10), bytes, PROT_READ)
            _ = unsafe munmap(at(14), bytes)
        }

        deinit { _ = unsafe mmap(at(14), Self.stretch * Host.pageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) }

        func at(_ index: Int) -> UnsafeMutableRawPointer { unsafe mapping.base + index * Self.stretch * Host.pageBytes }
        var end: UInt64 { base + UInt64(16 * Self.stretch * Host.pageBytes) }
    }

    private func words(_ area: MappedArea) -> String {
        "\(area.start)-\(area.end) \(area.pageBytes) \(area.isWritable) \(area.isShared) \(area.hasFrames)"
    }

    @Test func queriesSayWhatSmapsSays() throws {
        let field = try Field()
        guard let areas = MappedArea.allButForked(from: field.base, to: field.end) else {
            #expect(KernelVersion.running < KernelVersion(6, 11), "the kernel should know the query")
            return
        }
        let expected = try MappedArea.all(from: field.base, to: field.end)
        #expect(areas.map(words) == expected.map(words))
        #expect(areas.filter(\.hasFrames).count == 3, "the touched, the written of the file, the read-only")
        #expect(areas.count == 15)
        withExtendedLifetime(field) {}
    }
}
