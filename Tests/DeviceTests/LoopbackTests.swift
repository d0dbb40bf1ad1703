// LoopbackTests.swift - every operation between two queue pairs of one process: bytes, statuses, states.

import Testing
import Verbs

@testable import Device

@Suite(.serialized)
struct LoopbackTests {
    /// Sizes on both sides of each way that a message can travel: in the slot, through the eager ring, by the kernel.
    static let sizes = [0, 1, 8, 64, 88, 89, 4096, 8192, 8193, 65_536, 300_000]

    @Test(arguments: sizes, [QueuePairType.reliableConnection, .unreliableConnection])
    func sendArrives(size: Int, type: QueuePairType) throws {
        let pair = try LoopbackPair(type: type)
        pair.fill(0, size, seed: 3)
        #expect(pair.receive([pair.element(400_000, 100), pair.element(500_000, 400_000)]) == 0)
        #expect(pair.send(.sendWithImmediate, [pair.element(0, size)], immediate: 0xabcd) == 0)
        let received = try #require(pair.completion(pair.queueB))
        #expect(received.status == 0 && received.byteCount == UInt32(size) && received.workRequestID == 2)
        #expect(received.immediate == 0xabcd && received.flags == CompletionFlags.withImmediate.rawValue)
        #expect(received.opcode == CompletionOpcode.receive.rawValue && received.queuePairNumber == pair.b.number.rawValue)
        let sent = try #require(pair.completion(pair.queueA))
        #expect(sent.status == 0 && sent.workRequestID == 1)
        #expect(pair.holds(400_000, min(size, 100), seed: 3))
        #expect(pair.holds(500_000, max(size - 100, 0), seed: 3 &+ UInt8(truncatingIfNeeded: 700)))
    }

    @Test(arguments: sizes)
    func writeAndReadMoveBytes(size: Int) throws {
        let pair = try LoopbackPair()
        pair.fill(0, size, seed: 9)
        #expect(pair.send(.rdmaWrite, [pair.element(0, size / 2), pair.element(size / 2, size - size / 2)], remote: 400_000) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(pair.holds(400_000, size, seed: 9))
        #expect(pair.send(.rdmaRead, [pair.element(700_000, size)], remote: 400_000) == 0)
        let read = try #require(pair.completion(pair.queueA))
        #expect(read.status == 0 && read.byteCount == UInt32(size) && read.opcode == CompletionOpcode.rdmaRead.rawValue)
        #expect(pair.holds(700_000, size, seed: 9))
    }

    @Test func atomicsReturnTheOldValue() throws {
        let pair = try LoopbackPair()
        unsafe pair.memory.storeBytes(of: 40, toByteOffset: 4096, as: UInt64.self)
        #expect(pair.send(.fetchAndAdd, [pair.element(0, 8)], remote: 4096, compareAdd: 2) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(unsafe pair.memory.load(as: UInt64.self) == 40)
        #expect(pair.send(.compareAndSwap, [pair.element(0, 8)], remote: 4096, compareAdd: 42, swap: 7) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(unsafe pair.memory.load(as: UInt64.self) == 42)
        #expect(unsafe pair.memory.load(fromByteOffset: 4096, as: UInt64.self) == 7)
    }

    @Test func wrongKeyStopsBothSides() throws {
        let pair = try LoopbackPair()
        #expect(pair.receive([pair.element(0, 8)]) == 0)
        #expect(pair.send(.rdmaWrite, [pair.element(0, 8)], remote: 64, key: MemoryKey(rawValue: 0x7777_0001)) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.remoteAccessError.rawValue)
        #expect(try #require(pair.completion(pair.queueB)).status == CompletionStatus.flushedInError.rawValue)
        #expect(pair.a.state == .error && pair.b.state == .error)
        #expect(try pair.context.nextAsyncEvent().type == .queuePairAccessError)
    }

    @Test func receiverNotReadyIsReportedAtOnceWithoutRetries() throws {
        let pair = try LoopbackPair(rnrRetry: 0)
        #expect(pair.send(.send, [pair.element(0, 8)]) == 0)
        let status = try #require(pair.completion(pair.queueA)).status
        #expect(status == CompletionStatus.receiverNotReadyRetryExceeded.rawValue)
    }

    @Test func receiverNotReadyWaitsForAReceive() throws {
        let pair = try LoopbackPair(rnrRetry: 7)
        pair.fill(0, 8, seed: 1)
        #expect(pair.send(.send, [pair.element(0, 8)]) == 0)
        #expect(pair.send(.send, [pair.element(0, 8)], identifier: 5) == 0)
        #expect(pair.receive([pair.element(100, 8)]) == 0)
        #expect(pair.receive([pair.element(200, 8)]) == 0)
        #expect(try #require(pair.completion(pair.queueA)).workRequestID == 1)
        #expect(try #require(pair.completion(pair.queueA)).workRequestID == 5)
        #expect(try #require(pair.completion(pair.queueB)).status == 0)
        #expect(try #require(pair.completion(pair.queueB)).status == 0)
        #expect(pair.holds(200, 8, seed: 1))
    }

    @Test func deadNumberExceedsRetries() throws {
        let pair = try LoopbackPair()
        try pair.b.modify(QueuePairAttributes(), mask: .state)
        #expect(pair.send(.send, [pair.element(0, 8)]) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.retryExceeded.rawValue)
    }
}
