// AreaMapTests.swift - areas, their flags and a process's charges, as smaps and status tell of them.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct AreaMapTests {
    private static let page = Host.pageBytes

    /// Eight pages of which each second one has no rights, so that no area merges with another.
    private static func field() throws -> Mapping {
        let mapping = try Mapping.privatePages(byteCount: 8 * page)
        for index in [1, 3, 5, 7] { _ = unsafe mprotect(mapping.base + index * page, page, PROT_NONE) }
        return mapping
    }

    private static func areas(_ mapping: borrowing Mapping, pages: Range<Int>) -> [AreaMap.Area] {
        let base = unsafe UInt64(UInt(bitPattern: mapping.base))
        return AreaMap.areas(pid: getpid(), from: base + UInt64(pages.lowerBound * page), to: base + UInt64(pages.upperBound * page)) ?? []
    }

    private static func has(_ area: AreaMap.Area, _ flags: [AreaMap.Flags]) -> [Bool] { flags.map { area.flags.contains($0) } }

    @Test func areasBetweenTwoAddressesLowestFirst() throws {
        let mapping = try Self.field()
        let base = unsafe UInt64(UInt(bitPattern: mapping.base))
        _ = unsafe munmap(mapping.base + 3 * Self.page, Self.page)
        defer { _ = unsafe mmap(mapping.base + 3 * Self.page, Self.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) }
        let found = Self.areas(mapping, pages: 1..<6)
        #expect(found.map { Int($0.start - base) / Self.page } == [1, 2, 4, 5])
        #expect(found.map { Int($0.end - base) / Self.page } == [2, 3, 5, 6])
        #expect(Self.areas(mapping, pages: 3..<4).isEmpty)
    }

    @Test func flagsAsTheKernelAbbreviatesThem() throws {
        let mapping = try Self.field()
        _ = unsafe mprotect(mapping.base + 2 * Self.page, Self.page, PROT_READ)
        _ = unsafe madvise(mapping.base + 4 * Self.page, Self.page, MADV_DONTFORK)
        let shared = unsafe mmap(
            mapping.base + 6 * Self.page, Self.page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        try #require(unsafe shared == mapping.base + 6 * Self.page)
        let found = Self.areas(mapping, pages: 0..<8)
        try #require(found.count == 8)
        let names: [AreaMap.Flags] = [.read, .write, .mayWrite, .dontCopy, .shared]
        #expect(Self.has(found[0], names) == [true, true, true, false, false])
        #expect(Self.has(found[1], names) == [false, false, true, false, false])
        #expect(Self.has(found[2], names) == [true, false, true, false, false])
        #expect(Self.has(found[4], names) == [true, true, true, true, false])
        #expect(Self.has(found[6], names) == [true, true, true, false, true])
        #expect(found.allSatisfy { $0.hugeKibibytes == 0 })
    }

    @Test func aForkedProcessHasTheAreasAndNoneOfTheLocks() throws {
        let mapping = try Self.field()
        let base = unsafe UInt64(UInt(bitPattern: mapping.base))
        try #require(unsafe mlock(mapping.base, Self.page) == 0)
        let own = Self.areas(mapping, pages: 0..<8)
        #expect(own.first?.flags.contains(.locked) == true)
        #expect(try #require(AreaMap.charges(pid: getpid())).locked >= Self.page / 1024)
        let child = try ChildProcess(verbena_test_child_sleep)
        let inherited = try #require(AreaMap.areas(pid: child.pid, from: base, to: base + UInt64(8 * Self.page)))
        #expect(inherited.map(\.end) == own.map(\.end))
        #expect(inherited.first?.flags.contains(.locked) == false)
        let charges = try #require(AreaMap.charges(pid: child.pid))
        #expect(charges.locked == 0 && charges.pinned == 0)
        let gone = child.pid
        child.kill()
        _ = child.wait()
        #expect(AreaMap.areas(pid: gone, from: base, to: base + 1) == nil)
        #expect(AreaMap.charges(pid: gone) == nil)
    }
}
