// MappingTests.swift - lifetimes of mappings, and what a forked child sees of them.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct MappingTests {
    private let segmentationFault: Int32 = 1000 + SIGSEGV

    private func address(_ mapping: borrowing Mapping) -> UInt64 { unsafe UInt64(UInt(bitPattern: mapping.base)) }

    @Test func twoMappingsOfOneFileShareBytes() throws {
        let file = try SharedMemory.create(byteCount: 4096)
        let first = try Mapping.shared(descriptor: file.number, byteCount: 4096)
        let second = try Mapping.shared(descriptor: file.number, byteCount: 4096, writable: false)
        unsafe first.base.storeBytes(of: 0x1234_5678, toByteOffset: 8, as: UInt32.self)
        #expect(unsafe second.base.load(fromByteOffset: 8, as: UInt32.self) == 0x1234_5678)
        #expect(first.byteCount == 4096)
        #expect(MappingQuery.rights(start: address(first), byteCount: 4096) == [.readable, .writable, .shared])
        #expect(MappingQuery.rights(start: address(second), byteCount: 4096) == [.readable, .shared])
    }

    /// How often the file behind `descriptor` is mapped in this process.
    private func mappingCount(of descriptor: Int32) throws -> Int {
        var status = stat()
        try #require(unsafe fstat(descriptor, &status) == 0)
        let maps = unsafe fopen("/proc/self/maps", "r")
        defer { unsafe fclose(maps) }
        var line = [UInt8](repeating: 0, count: 8192)
        var count = 0
        while unsafe line.withUnsafeMutableBytes({ unsafe fgets($0.baseAddress, 8192, maps) != nil }) {
            let text = String(decoding: line.prefix { $0 != 0 }, as: UTF8.self)
            if text.contains(" \(status.st_ino) ") && text.contains("memfd:verbena") { count += 1 }
        }
        return count
    }

    @Test func unmapsAtTheEndOfItsLifeUnlessLeaked() throws {
        let file = try SharedMemory.create(byteCount: 4096)
        do {
            let mapping = try Mapping.shared(descriptor: file.number, byteCount: 4096)
            #expect(try mappingCount(of: file.number) == 1, "\(mapping.byteCount)")
        }
        #expect(try mappingCount(of: file.number) == 0)
        let leaked = unsafe try Mapping.shared(descriptor: file.number, byteCount: 4096).leak()
        #expect(try mappingCount(of: file.number) == 1)
        #expect(unsafe munmap(leaked, 4096) == 0)
    }

    @Test func aChildSeesWhatItShould() throws {
        let plain = try Mapping.privatePages(byteCount: 4096)
        let wiped = try Mapping.privatePages(byteCount: 4096)
        let kept = try Mapping.privatePages(byteCount: 4096)
        unsafe plain.base.storeBytes(of: 9, as: UInt8.self)
        unsafe wiped.base.storeBytes(of: 9, as: UInt8.self)
        unsafe kept.base.storeBytes(of: 9, as: UInt8.self)
        #expect(wiped.wipeInChildren() == true)
        #expect(kept.keepFromChildren() == true)
        #expect(verbena_test_run_child(verbena_test_child_load_byte, address(plain)) == 9)
        #expect(verbena_test_run_child(verbena_test_child_load_byte, address(wiped)) == 0)
        #expect(verbena_test_run_child(verbena_test_child_load_byte, address(kept)) == segmentationFault)
        #expect(unsafe wiped.base.load(as: UInt8.self) == 9)
    }

    @Test func whatTheKernelRefusesIsReported() throws {
        let file = try SharedMemory.create(byteCount: 4096)
        let shared = try Mapping.shared(descriptor: file.number, byteCount: 4096)
        #expect(shared.wipeInChildren() == false, "only private pages can be wiped")
        #expect(throws: SystemError.self) { _ = try Mapping.shared(descriptor: -1, byteCount: 4096) }
        #expect(throws: SystemError.self) { _ = try Mapping.privatePages(byteCount: 0) }
        #expect(throws: SystemError.self) { _ = try Mapping.privatePages(byteCount: -4096) }
    }
}
