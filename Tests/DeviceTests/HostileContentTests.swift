// HostileContentTests.swift - what a broken peer may have written into our own segment, and memory that is not there.

import Glibc
import Platform
import Testing
import Verbs

@testable import Device
@testable import Fabric

@Suite(.serialized)
struct HostileContentTests {
    /// Publishes a completion that no message made, as a peer that maps the segment can.
    private func forge(
        on queue: CompletionQueue, for queuePair: QueuePair, _ header: CompletionHeader, position: UInt32, byteCount: UInt32 = 8
    ) throws {
        var ring = queue.ring
        let claimed = ring.claim(as: queuePair.holder)
        let place = try #require(claimed)
        let slot = queue.ring.slot(place)
        slot.queuePair.store(UInt32(queuePair.index))
        slot.epoch.store(queuePair.epoch)
        slot.header.store(header.rawValue)
        slot.position.store(position)
        slot.byteCount.store(byteCount)
        slot.identifier.store(0)
        _ = queue.ring.publish(place, solicited: false)
    }

    private func poll(_ queue: CompletionQueue) -> Int32 {
        var output = [Completion](
            repeating: Completion(
                workRequestID: 0, status: .success, opcode: 0, byteCount: 0, immediate: 0,
                queuePair: QueuePairNumber(rawValue: 0), sourceQueuePair: 0, flags: []), count: 8)
        return unsafe output.withUnsafeMutableBufferPointer { unsafe queue.poll($0.baseAddress.unsafelyUnwrapped, 8) }
    }

    private func receiveHeader(_ payload: CompletionHeader.Payload, isShared: Bool = false) -> CompletionHeader {
        CompletionHeader(
            isReceive: true, status: .success, opcode: .receive, flags: [], payload: payload, fromSharedReceiveQueue: isShared)
    }

    @Test func aCompletionOfAReceiveThatWasNeverPostedIsPassedOver() throws {
        let pair = try LoopbackPair()
        try forge(on: pair.queueB, for: pair.b, receiveHeader(.inSlot), position: 0)
        #expect(poll(pair.queueB) == 0)
        #expect(pair.receive([pair.element(0, 64)]) == 0)
        #expect(pair.send(.send, [pair.element(4096, 8)]) == 0)
        #expect(try #require(pair.completion(pair.queueB)).status == 0)
        try forge(on: pair.queueB, for: pair.b, receiveHeader(.eager), position: 1)
        pair.queueB.settle()
        #expect(poll(pair.queueB) == 0)
    }

    @Test func aCompletionOfASharedReceiveThatIsNotPostedIsPassedOver() throws {
        let pair = try LoopbackPair()
        let shared = try pair.domain.createSharedReceiveQueue(workRequests: 4, elements: 1, limit: 0)
        let user = try pair.domain.createQueuePair(
            type: .reliableConnection, capabilities: QueuePairCapabilities(), sendQueue: pair.queueB,
            receiveQueue: pair.queueB, sharedReceiveQueue: shared, signalAll: false)
        for position in [0, 3, 4, UInt32.max] {
            try forge(on: pair.queueB, for: user, receiveHeader(.inSlot, isShared: true), position: position)
        }
        pair.queueB.settle()
        #expect(poll(pair.queueB) == 0)
        try user.destroy()
        try shared.destroy()
    }

    /// The count of polled sends stands in shared memory on its way: it may free places that still hold waiting requests.
    @Test func aForgedSendCompletionDoesNotOverfillTheQueue() throws {
        let pair = try LoopbackPair(rnrRetry: 7)
        for _ in 0..<16 { #expect(pair.send(.send, [pair.element(0, 8)]) == 0) }
        #expect(pair.send(.send, [pair.element(0, 8)]) == ENOMEM)
        let header = CompletionHeader(isReceive: false, status: .success, opcode: .send, flags: [], payload: .placed)
        try forge(on: pair.queueA, for: pair.a, header, position: 15)
        #expect(poll(pair.queueA) == 1)
        #expect(pair.send(.send, [pair.element(0, 8)]) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.generalError.rawValue)
        #expect(pair.a.state == .error)
    }

    @Test func anEventAboutAnotherKindOfObjectIsNotTold() throws {
        let pair = try LoopbackPair()
        _ = fcntl(pair.context.asyncDescriptor, F_SETFL, O_NONBLOCK)
        pair.queueA.entry.events.set(bits: ~1)
        pair.b.entry.events.set(bits: 1 << UInt32(AsyncEventType.sharedReceiveQueueError.rawValue) | 1 << 31)
        #expect(EventDescriptor.signal(pair.context.asyncDescriptor))
        #expect(throws: VerbsErrno(rawValue: EAGAIN)) { _ = try pair.context.nextAsyncEvent() }
    }

    @Test func ourOwnTableDoesNotBelieveTheHeader() throws {
        let pair = try LoopbackPair()
        let header = pair.domain.process.view.header
        let (count, block) = (header.blockCount.load(), header.block(0).load())
        defer {
            header.blockCount.store(count)
            header.block(0).store(block)
        }
        header.blockCount.store(.max)
        header.block(0).store(.max)
        #expect(throws: VerbsErrno.self) {
            _ = try pair.domain.createQueuePair(
                type: .reliableConnection, capabilities: QueuePairCapabilities(), sendQueue: pair.queueB,
                receiveQueue: pair.queueB, sharedReceiveQueue: nil, signalAll: false)
        }
    }

    /// Registered, then gone: an adapter finds no page there. The place is kept, lest another thread gets memory there meanwhile.
    @Test(arguments: [8, 88, 89, 4096, 8192])
    func sendingWhatIsNoLongerMappedIsALocalProtectionError(size: Int) throws {
        let pair = try LoopbackPair()
        let pages = unsafe try #require(unsafe mmap(nil, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        let address = UInt64(UInt(bitPattern: pages))
        let region = try pair.domain.registerMemory(
            address: address, byteCount: 8192, ioVirtualAddress: address, access: .localWrite)
        let nothing = unsafe mmap(pages, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        #expect(unsafe nothing == pages)
        defer { unsafe munmap(pages, 8192) }
        #expect(pair.receive([pair.element(0, 8192)]) == 0)
        #expect(pair.send(.send, [ScatterGatherElement(address: address, length: UInt32(size), localKey: region.key)]) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.localProtectionError.rawValue)
        #expect(!pair.b.receiveSlots.entry.lock.isHeld && !pair.queueB.entry.lock.isHeld)
        try region.deregister()
    }

    /// Inline bytes that are not there, sent at once and after waiting.
    @Test(arguments: [false, true])
    func inlineBytesThatAreNotThereAreALocalProtectionError(waits: Bool) throws {
        let pair = try LoopbackPair(rnrRetry: 7)
        if !waits { #expect(pair.receive([pair.element(0, 64)]) == 0) }
        let nowhere = ScatterGatherElement(address: 8, length: 16, localKey: MemoryKey(rawValue: 0))
        #expect(pair.send(.send, [nowhere], flags: [.signaled, .inline]) == 0)
        if waits { #expect(pair.receive([pair.element(0, 64)]) == 0) }
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.localProtectionError.rawValue)
    }

    /// An element of no bytes is no piece: what an earlier message left in its place must not be used.
    @Test func emptyElementsOfALargeReceiveNameNoPlace() throws {
        let pair = try LoopbackPair()
        let size = 20_000
        #expect(pair.receive([pair.element(600_000, size)]) == 0)
        #expect(pair.send(.send, [pair.element(0, size)]) == 0)
        #expect(try #require(pair.completion(pair.queueB)).status == 0)
        pair.fill(0, size, seed: 9)
        pair.fill(600_000, size, seed: 50)
        let list = [pair.element(0, 0), pair.element(400_000, size / 2), pair.element(0, 0), pair.element(400_000 + size / 2, size)]
        #expect(pair.receive(list) == 0)
        #expect(pair.send(.send, [pair.element(0, size)]) == 0)
        #expect(try #require(pair.completion(pair.queueB)).status == 0)
        #expect(pair.holds(400_000, size, seed: 9))
        #expect(pair.holds(600_000, size, seed: 50))
    }
}
