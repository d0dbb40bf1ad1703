// OneSidedTests.swift - writes, reads and atomics: bytes, results, and what peers see.

import RDMA
import Testing

@Suite(.serialized)
struct OneSidedTests {
    @Test(arguments: [1, 8, 4096, 65536]) func aWriteAndAReadMoveBytes(size: Int) throws {
        let pair = try ConnectedPair()
        pair.fill(size)
        try pair.a.postWrite(pair.near, 0..<size, to: pair.far.remote, id: 1)
        #expect(try pair.queueA.await().requireSuccess().operation == .rdmaWrite)
        #expect(pair.far.array(0..<size) == ConnectedPair.pattern(size))
        pair.fill(size, seed: 99)
        try pair.a.postRead(into: pair.near, 0..<size, from: pair.far.remote, id: 2)
        let read = try pair.queueA.await().requireSuccess()
        #expect(read.operation == .rdmaRead && read.byteCount == size && read.id == 2)
        #expect(pair.near.array(0..<size) == ConnectedPair.pattern(size))
        #expect(pair.queueB.poll() == nil, "the peer's program takes no part")
    }

    @Test func slicesNameWhatTheySay() throws {
        let pair = try ConnectedPair()
        try pair.a.postWrite(inline: "slice".utf8.span, to: pair.far.remote[100..<200][10..<15])
        try pair.queueA.await().requireSuccess()
        #expect(pair.far.text(110..<115) == "slice" && pair.far.array(105..<110) == [0, 0, 0, 0, 0])
    }

    @Test func listsGatherAndScatter() throws {
        let pair = try ConnectedPair()
        pair.fill(64)
        var list = ScatterGatherList(capacity: 2)
        list.append(pair.near, 32..<64)
        list.append(pair.near, 0..<32)
        try pair.a.postWrite(gathering: list, to: pair.far.remote)
        try pair.queueA.await().requireSuccess()
        let pattern = ConnectedPair.pattern(64)
        #expect(pair.far.array(0..<64) == Array(pattern[32...] + pattern[..<32]))
        try pair.a.postRead(scattering: list, from: pair.far.remote)
        try pair.queueA.await().requireSuccess()
        #expect(pair.near.array(0..<64) == pattern)
    }

    @Test func anImmediateTellsThePeer() throws {
        let pair = try ConnectedPair()
        try pair.b.postReceive(into: pair.far, 0..<0, id: 4)
        try pair.a.postWrite(pair.near, 0..<16, to: pair.far.remote, immediate: 1)
        let told = try pair.queueB.await().requireSuccess()
        #expect(told.immediate == 1 && told.operation == .receiveRDMAWithImmediate && told.byteCount == 16 && told.id == 4)
    }

    @Test func atomicsReturnWhatWasThere() throws {
        let pair = try ConnectedPair()
        pair.far.store(40 as UInt64, at: 64)
        let word = pair.far.remote[64..<72]
        try pair.a.postFetchAndAdd(2, to: word, into: pair.near, offset: 8)
        #expect(try pair.queueA.await().requireSuccess().operation == .fetchAndAdd)
        #expect(pair.near.load(UInt64.self, at: 8) == 40 && pair.far.load(UInt64.self, at: 64) == 42)
        try pair.a.postCompareAndSwap(expected: 42, desired: 7, at: word, into: pair.near)
        #expect(try pair.queueA.await().requireSuccess().operation == .compareAndSwap)
        #expect(pair.near.load(UInt64.self, at: 0) == 42 && pair.far.load(UInt64.self, at: 64) == 7)
        try pair.a.postCompareAndSwap(expected: 42, desired: 9, at: word, into: pair.near)
        try pair.queueA.await().requireSuccess()
        #expect(pair.near.load(UInt64.self, at: 0) == 7 && pair.far.load(UInt64.self, at: 64) == 7)
    }

    @Test func aWordIsWrittenAsAWhole() throws {
        let pair = try ConnectedPair()
        pair.near.store(0x1122_3344_5566_7788 as UInt64, at: 16)
        try pair.a.postAtomicWrite(pair.near, offset: 16, to: pair.far.remote[64..<72])
        #expect(try pair.queueA.await().requireSuccess().operation == .atomicWrite)
        #expect(pair.far.load(UInt64.self, at: 64) == 0x1122_3344_5566_7788)
        try pair.a.postAtomicWrite(pair.near, to: pair.far.remote[60..<68])
        #expect(try pair.queueA.await().status == .remoteInvalidRequest)
        #expect(pair.far.load(UInt64.self, at: 64) == 0x1122_3344_5566_7788)
    }

    @Test func viewsSeeTheMemory() throws {
        let device = try Device()
        var region = try device.makeProtectionDomain().makeMemoryRegion(byteCount: 100)
        #expect(region.byteCount == 100 && region.bytes.count == 100 && region.bytes[99] == 0)
        var bytes = region.mutableBytes
        bytes[3] = 0x34
        bytes[2] = 0x12
        #expect(region.load(UInt16.self, at: 2) == 0x3412)
        region.store(0x0102_0304 as Int32, at: 96)
        #expect(region.array(96..<100) == [4, 3, 2, 1])
        region.copy("tail".utf8.span, to: 96)
        #expect(region.text(96..<100) == "tail")
    }
}
