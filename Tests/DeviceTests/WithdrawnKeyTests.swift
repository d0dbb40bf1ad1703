// WithdrawnKeyTests.swift - a message that has arrived, and a region that goes before the completion is polled.

import Testing
import Verbs

@testable import Device

@Suite(.serialized)
struct WithdrawnKeyTests {
    /// In the completion's slot, through the eager ring, and straight into place.
    static let sizes = [8, 88, 89, 4096, 8192, 20_000]

    /// A region of its own over a part of the pair's memory.
    private func regionOver(_ pair: borrowing LoopbackPair, offset: Int, byteCount: Int) throws -> MemoryRegion {
        try pair.domain.registerMemory(
            address: pair.address(offset), byteCount: UInt64(byteCount), ioVirtualAddress: pair.address(offset), access: .localWrite)
    }

    @Test(arguments: sizes)
    func bytesAreInPlaceWhenTheKeyGoesAndNeverLater(size: Int) throws {
        let pair = try LoopbackPair()
        let region = try regionOver(pair, offset: 400_000, byteCount: 32_768)
        pair.fill(0, size, seed: 5)
        let piece = ScatterGatherElement(address: pair.address(400_000), length: 32_768, localKey: region.key)
        #expect(pair.receive([piece]) == 0)
        #expect(pair.send(.send, [pair.element(0, size)]) == 0)
        try region.deregister()
        #expect(pair.holds(400_000, size, seed: 5))
        pair.fill(400_000, size, seed: 77)
        let received = try #require(pair.completion(pair.queueB))
        #expect(received.status == 0 && received.byteCount == UInt32(size))
        #expect(pair.holds(400_000, size, seed: 77))
    }

    @Test(arguments: sizes)
    func anotherKeyMayGoMeanwhile(size: Int) throws {
        let pair = try LoopbackPair()
        let region = try regionOver(pair, offset: 0, byteCount: 4096)
        pair.fill(0, size, seed: 6)
        #expect(pair.receive([pair.element(400_000, 32_768)]) == 0)
        #expect(pair.send(.send, [pair.element(0, size)]) == 0)
        try region.deregister()
        #expect(try #require(pair.completion(pair.queueB)).status == 0)
        #expect(pair.holds(400_000, size, seed: 6))
    }

    /// The key is invalid before the bytes are placed, as when its withdrawal overtakes a message: an error, and no byte.
    @Test(arguments: sizes.dropLast())
    func anInvalidKeyGetsNoBytes(size: Int) throws {
        let pair = try LoopbackPair()
        let region = try regionOver(pair, offset: 400_000, byteCount: 32_768)
        pair.fill(0, size, seed: 5)
        pair.fill(400_000, size, seed: 77)
        let piece = ScatterGatherElement(address: pair.address(400_000), length: 32_768, localKey: region.key)
        #expect(pair.receive([piece]) == 0)
        #expect(pair.send(.send, [pair.element(0, size)]) == 0)
        _ = pair.domain.process.keys.invalidate(region.key)
        let received = try #require(pair.completion(pair.queueB))
        #expect(received.status == CompletionStatus.localProtectionError.rawValue)
        #expect(pair.holds(400_000, size, seed: 77))
    }

    @Test func aReceivePostedUnderAKeyThatWentIsAnError() throws {
        let pair = try LoopbackPair()
        let region = try regionOver(pair, offset: 400_000, byteCount: 4096)
        pair.fill(400_000, 64, seed: 77)
        let piece = ScatterGatherElement(address: pair.address(400_000), length: 4096, localKey: region.key)
        #expect(pair.receive([piece]) == 0)
        try region.deregister()
        #expect(pair.send(.send, [pair.element(0, 64)]) == 0)
        let received = try #require(pair.completion(pair.queueB))
        #expect(received.status == CompletionStatus.localProtectionError.rawValue)
        #expect(pair.holds(400_000, 64, seed: 77))
    }
}
