// SharedMemoryTests.swift - one-sided requests on memory that is shared, through its many registrations.

import Glibc
import Platform
import Testing
import Verbs

@testable import Device

@Suite(.serialized)
struct SharedMemoryTests {
    /// More registrations than a key has generations: a key comes back, and must not lead to the memory that it named.
    @Test func aKeyThatComesBackLeadsToItsNewMemory() throws {
        let pair = try LoopbackPair()
        var seen: Set<UInt32> = []
        var sawKeyAgain = false
        for round in 0..<5000 where !sawKeyAgain {
            let file = try SharedMemory.create(byteCount: 8192)
            let mapping = try Mapping.shared(descriptor: file.number, byteCount: 8192)
            let start = unsafe UInt64(UInt(bitPattern: mapping.base))
            let region = try pair.domain.registerMemory(
                address: start + 100, byteCount: 4096, ioVirtualAddress: start + 100, access: [.localWrite, .remoteWrite, .remoteRead])
            sawKeyAgain = !seen.insert(region.key.rawValue).inserted || sawKeyAgain
            pair.fill(0, 200, seed: UInt8(truncatingIfNeeded: round))
            #expect(pair.send(.rdmaWrite, [pair.element(0, 200)], remoteAddress: start + 300, key: region.key) == 0)
            #expect(try #require(pair.completion(pair.queueA)).status == 0)
            #expect(unsafe memcmp(mapping.base + 300, pair.memory, 200) == 0)
            #expect(pair.send(.rdmaRead, [pair.element(5000, 200)], remoteAddress: start + 300, key: region.key) == 0)
            #expect(try #require(pair.completion(pair.queueA)).status == 0)
            #expect(pair.holds(5000, 200, seed: UInt8(truncatingIfNeeded: round)))
            try region.deregister()
        }
        #expect(sawKeyAgain, "the test has to outlast a key's generations")
    }

    /// The file shrinks under the registration: an error status, not a signal.
    @Test func aTruncatedFileIsAnError() throws {
        let pair = try LoopbackPair()
        let path = "/dev/shm/verbena-test-\(getpid())"
        let number = unsafe open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        let removed = unsafe unlink(path)
        #expect(number >= 0 && removed == 0)
        let file = OwnedDescriptor(adopting: number)
        #expect(ftruncate(file.number, 8192) == 0)
        let mapping = try Mapping.shared(descriptor: file.number, byteCount: 8192)
        let start = unsafe UInt64(UInt(bitPattern: mapping.base))
        let region = try pair.domain.registerMemory(
            address: start, byteCount: 8192, ioVirtualAddress: start, access: [.localWrite, .remoteWrite])
        #expect(ftruncate(file.number, 0) == 0)
        #expect(pair.send(.rdmaWrite, [pair.element(0, 64)], remoteAddress: start, key: region.key) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.remoteAccessError.rawValue)
        try region.deregister()
    }

    /// Two gibibytes in one message: more than the kernel copies in one call.
    @Test func theLongestMessageArrives() throws {
        let pair = try LoopbackPair()
        let byteCount = 1 << 31
        let source = try Mapping.privatePages(byteCount: byteCount)
        let target = try Mapping.privatePages(byteCount: byteCount)
        let (from, to) = unsafe (UInt64(UInt(bitPattern: source.base)), UInt64(UInt(bitPattern: target.base)))
        let near = try pair.domain.registerMemory(address: from, byteCount: UInt64(byteCount), ioVirtualAddress: from, access: .localWrite)
        let far = try pair.domain.registerMemory(address: to, byteCount: UInt64(byteCount), ioVirtualAddress: to, access: [.localWrite, .remoteWrite])
        for offset in [0, byteCount / 2, byteCount - 8] { unsafe source.base.storeBytes(of: UInt64(offset + 1), toByteOffset: offset, as: UInt64.self) }
        let whole = [ScatterGatherElement(address: from, length: UInt32(byteCount), localKey: near.key)]
        #expect(pair.send(.rdmaWrite, whole, remoteAddress: to, key: far.key) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == 0)
        for offset in [0, byteCount / 2, byteCount - 8] { #expect(unsafe target.base.load(fromByteOffset: offset, as: UInt64.self) == UInt64(offset + 1)) }
        let tooLong = whole + [pair.element(0, 1)]
        #expect(pair.send(.rdmaWrite, tooLong, remoteAddress: to, key: far.key) == 0)
        #expect(try #require(pair.completion(pair.queueA)).status == CompletionStatus.localLengthError.rawValue)
        try near.deregister()
        try far.deregister()
    }
}
