// HeldFramesTests.swift - frames outlive mappings, and addresses of frames that are gone lead nowhere.

import Glibc
import Platform
import Testing

@Suite(.serialized) struct HeldFramesTests {
    private static let pageBytes = 4096

    /// The one table of this process.
    private static let frames: Result<HeldFrames, any Error> = Result {
        let frames = try HeldFrames()
        frames.install()
        return frames
    }

    private func pages(_ count: Int, filledBy value: UInt8) throws -> Mapping {
        let mapping = try Mapping.privatePages(byteCount: count * Self.pageBytes)
        unsafe memset(mapping.base, Int32(value), count * Self.pageBytes)
        return mapping
    }

    private func address(_ mapping: borrowing Mapping) -> UInt64 { unsafe UInt64(UInt(bitPattern: mapping.base)) }

    /// What a copy of `byteCount` bytes finds; nil when it fails.
    private func read(_ place: UInt64, _ byteCount: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let copied = unsafe bytes.withUnsafeMutableBytes { buffer in
            GuardedCopy.copy(to: UInt64(UInt(bitPattern: buffer.baseAddress)), from: place, byteCount: byteCount)
        }
        return copied ? bytes : nil
    }

    @Test(arguments: [false, true])
    func framesOutliveTheirMapping(isPinned: Bool) throws {
        let table = try Self.frames.get()
        let place: FrameAddress
        do {
            let mapping = try pages(3, filledBy: 7)
            place = isPinned
                ? try table.pin(address: address(mapping) + 10, byteCount: 9000)
                : try table.reference(address: address(mapping) + 10, byteCount: 9000)
        }
        #expect(read(place.rawValue, 9000) == [UInt8](repeating: 7, count: 9000))
        #expect(read(place.rawValue + 8999, 1) == [7])
        #expect(read(place.rawValue + 8999, 2) == nil)
        table.release(place)
        #expect(read(place.rawValue, 1) == nil)
    }

    @Test func whatIsWrittenIsInTheProgramsPages() throws {
        let table = try Self.frames.get()
        let mapping = try pages(130, filledBy: 1)
        let place = try table.pin(address: address(mapping), byteCount: 130 * 4096)
        defer { table.release(place) }
        let source = [UInt8]((0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 5) })
        let copied = unsafe source.withUnsafeBytes { bytes in
            let from = UInt64(UInt(bitPattern: bytes.baseAddress))
            return GuardedCopy.copyAnywhere(to: place.rawValue + 4001, from: from, byteCount: 400_000)
        }
        #expect(copied)
        #expect(read(address(mapping) + 4001, 400_000) == source)
        #expect(read(address(mapping), 4001) == [UInt8](repeating: 1, count: 4001))
        #expect(read(place.rawValue + 4001, 400_000) == source)
    }

    @Test func referencesAreReadOnly() throws {
        let table = try Self.frames.get()
        let mapping = try pages(1, filledBy: 3)
        let place = try table.reference(address: address(mapping), byteCount: 100)
        defer { table.release(place) }
        #expect(!GuardedCopy.copy(to: place.rawValue, from: address(mapping), byteCount: 8))
    }

    @Test func aRingThatIsFullIsFollowedByAnother() throws {
        let table = try Self.frames.get()
        let mapping = try pages(1, filledBy: 9)
        let places = try (0..<1100).map { try table.pin(address: address(mapping) + UInt64($0), byteCount: 1) }
        #expect(places.allSatisfy { read($0.rawValue, 1) == [9] })
        #expect(Set(places).count == places.count)
        for place in places { table.release(place) }
        #expect(places.allSatisfy { read($0.rawValue, 1) == nil })
    }

    @Test func whatIsNotMappedCannotBeHeld() throws {
        let table = try Self.frames.get()
        let gone: UInt64
        do { gone = address(try pages(2, filledBy: 0)) }
        #expect(throws: SystemError.self) { try table.pin(address: gone, byteCount: 4096) }
        #expect(throws: SystemError.self) { try table.reference(address: gone, byteCount: 4096) }
    }

    /// Any address that has the form of one, and most have none behind them.
    @Test func forgedAddressesLeadNowhere() throws {
        let table = try Self.frames.get()
        let mapping = try pages(1, filledBy: 5)
        let place = try table.pin(address: address(mapping), byteCount: 64)
        defer { table.release(place) }
        var state: UInt64 = 1
        for _ in 0..<10_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let forged = state | 1 << 63
            let isInside = forged >> 40 == place.rawValue >> 40 && forged & (1 << 40 - 1) < 64
            #expect((read(forged, 1) != nil) == isInside)
        }
    }
}
