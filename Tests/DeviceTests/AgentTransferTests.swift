// AgentTransferTests.swift - the target's agent copies: the same bytes, the same statuses as by the kernel.

import Glibc
import Platform
import Testing
import Verbs

@testable import Device
@testable import Fabric

@Suite(.serialized)
struct AgentTransferTests {
    /// One chunk, several, more than the window, and the edges between them.
    static let sizes = [1, 8, 4096, 65_535, 65_536, 65_537, 300_000]

    /// A pair whose next copy finds the kernel's way closed.
    private func confinedPair(type: QueuePairType = .reliableConnection) throws -> LoopbackPair {
        let pair = try LoopbackPair(type: type)
        // Binds the target.
        #expect(pair.send(.rdmaWrite, [pair.element(0, 8)], remote: 900_000) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        pair.a.targets[0].responder.process = 0
        return pair
    }

    @Test(arguments: sizes)
    func writeAndReadMoveBytes(size: Int) throws {
        let pair = try confinedPair()
        pair.fill(0, size, seed: 9)
        #expect(pair.send(.rdmaWrite, [pair.element(0, size / 2), pair.element(size / 2, size - size / 2)], remote: 400_000) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(pair.holds(400_000, size, seed: 9))
        #expect(pair.send(.rdmaRead, [pair.element(700_000, 1), pair.element(700_001, size - 1)], remote: 400_000) == 0)
        let read = try #require(pair.completion(pair.queueA))
        #expect(read.status == 0 && read.byteCount == UInt32(size))
        #expect(pair.holds(700_000, size, seed: 9))
    }

    @Test(arguments: [8193, 65_536, 300_000])
    func sendArrives(size: Int) throws {
        let pair = try confinedPair()
        pair.fill(0, size, seed: 3)
        #expect(pair.receive([pair.element(400_000, 100), pair.element(500_000, 400_000)]) == 0)
        #expect(pair.send(.send, [pair.element(0, size)]) == 0)
        let received = try #require(pair.completion(pair.queueB))
        #expect(received.status == 0 && received.byteCount == UInt32(size))
        #expect(pair.holds(400_000, 100, seed: 3))
        #expect(pair.holds(500_000, size - 100, seed: 3 &+ UInt8(truncatingIfNeeded: 700)))
    }

    @Test func atomicsReturnTheOldValue() throws {
        let pair = try confinedPair()
        unsafe pair.memory.storeBytes(of: 40, toByteOffset: 4096, as: UInt64.self)
        #expect(pair.send(.fetchAndAdd, [pair.element(0, 8)], remote: 4096, compareAdd: 2) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(unsafe pair.memory.load(as: UInt64.self) == 40)
        #expect(pair.send(.compareAndSwap, [pair.element(0, 8)], remote: 4096, compareAdd: 42, swap: 7) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(unsafe pair.memory.load(fromByteOffset: 4096, as: UInt64.self) == 7)
    }

    /// The kernel refuses what it allowed before (here: because the number is no longer a process): nothing is lost.
    @Test func aRefusalLaterFallsToTheAgent() throws {
        let pair = try confinedPair()
        pair.a.targets[0].responder.process = Int32.max
        pair.fill(0, 200_000, seed: 5)
        #expect(pair.send(.rdmaWrite, [pair.element(0, 200_000)], remote: 400_000) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        #expect(pair.holds(400_000, 200_000, seed: 5))
        #expect(pair.a.targets[0].responder.process == 0 && pair.a.entry.reach.load() == PeerReach.agent.rawValue)
        #expect(pair.a.peer(of: 0)?.reach == .agent)
        pair.a.peer(of: 0)?.reachWord.store(PeerReach.kernel.rawValue, ordering: .relaxed)
    }

    /// Pages that are gone, on either side: the statuses of the kernel's copy, and the bytes before them.
    @Test(arguments: [false, true])
    func aFaultIsTheStatusOfItsSide(isRemote: Bool) throws {
        let pair = try confinedPair()
        let hole = try Mapping.privatePages(byteCount: 1 << 20)
        let start = unsafe UInt64(UInt(bitPattern: hole.base))
        let region = try pair.domain.registerMemory(
            address: start, byteCount: 1 << 20, ioVirtualAddress: start, access: [.localWrite, .remoteWrite])
        #expect(unsafe munmap(hole.base + (1 << 19), 1 << 19) == 0)
        pair.fill(0, 600_000, seed: 8)
        var element = pair.element(0, 600_000)
        if !isRemote { element = ScatterGatherElement(address: start, length: 600_000, localKey: region.key) }
        let sent = isRemote
            ? pair.send(.rdmaWrite, [element], remoteAddress: start, key: region.key)
            : pair.send(.rdmaWrite, [element], remote: 100_000)
        #expect(sent == 0)
        let expected: CompletionStatus = isRemote ? .remoteAccessError : .localProtectionError
        #expect(try #require(pair.completion(pair.queueA)).status == expected.rawValue)
        if isRemote { #expect(unsafe memcmp(hole.base, pair.memory, 400_000) == 0, "what came before the hole") }
        try region.deregister()
    }

    /// The agent believes its own tables, not what a peer may have written into the shared ones.
    @Test func aForgedKeyIsRefused() throws {
        let pair = try confinedPair()
        let secret = try Mapping.privatePages(byteCount: 4096)
        unsafe secret.base.storeBytes(of: 0x5ec2e7, as: UInt64.self)
        let forged = try needed(pair.context.process.view.key(pair.region.key))
        let (start, byteCount) = (forged.start.load(), forged.byteCount.load())
        let place = unsafe UInt64(UInt(bitPattern: secret.base))
        forged.start.store(place)
        forged.virtualStart.store(place)
        forged.byteCount.store(4096)
        #expect(pair.context.process.keys.place(
            of: pair.region.key, address: place, length: 8, protectionDomain: pair.domain.number,
            queuePair: nil, use: .remoteRead) == nil)
        #expect(pair.context.process.keys.place(
            of: pair.region.key, address: pair.address(0), length: 8, protectionDomain: pair.domain.number,
            queuePair: nil, use: .remoteRead) == pair.address(0))
        forged.start.store(start)
        forged.virtualStart.store(start)
        forged.byteCount.store(byteCount)
    }

    /// Whatever stands in the slots, the agent neither crashes nor touches what no key covers.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func anySlotIsSurvived(seed: UInt64) throws {
        let pair = try confinedPair()
        pair.fill(0, LoopbackPair.byteCount, seed: 1)
        let other = try Mapping.privatePages(byteCount: 1 << 16)
        let process = pair.context.process
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<2_000 {
            let slot = process.view.transfer(Int(random() % 64))
            slot.reset()
            slot.kind.store(UInt32(random() % 8))
            slot.target.store(random() % 2 == 0 ? UInt32(pair.b.index) : UInt32(truncatingIfNeeded: random()))
            slot.isExtended.store(UInt32(random() % 4) / 3)
            slot.epoch.store(pair.b.epoch &+ UInt32(random() % 2))
            slot.key.store(random() % 2 == 0 ? UInt32(truncatingIfNeeded: random()) : 0)
            slot.position.store(UInt32(truncatingIfNeeded: random()))
            slot.address.store(unsafe UInt64(UInt(bitPattern: other.base)) &+ random() % (1 << 16))
            slot.byteCount.store(random() % 3 == 0 ? UInt64.max &- random() : random() % (1 << 20))
            slot.finished.store(UInt32(truncatingIfNeeded: random()))
            slot.submitted.store(UInt32(truncatingIfNeeded: random()))
            slot.open()
            process.view.header.transfersPending.set(bits: random() << 32 | random())
            _ = process.serveRequests()
            slot.close()
        }
        #expect((0..<8192).allSatisfy { unsafe other.base.load(fromByteOffset: $0 * 8, as: UInt64.self) == 0 })
        #expect(pair.holds(0, LoopbackPair.byteCount, seed: 1))
    }
}

/// Something that a test needs was not there.
private struct Missing: Error {}

private func needed<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}
