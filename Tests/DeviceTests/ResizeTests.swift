// ResizeTests.swift - a completion queue keeps what waits in it, whatever size it takes.

import Device
import Testing
import Verbs

@Suite(.serialized) struct ResizeTests {
    @Test func whatWaitsStaysInOrder() throws {
        let pair = try LoopbackPair()
        var sent: UInt64 = 0
        var polled: UInt64 = 0
        for size: Int32 in [40, 3, 200, 7, 1000, 17] {
            while sent < polled + 3 {
                sent += 1
                #expect(pair.send(.rdmaWrite, [], identifier: sent) == 0)
            }
            try pair.queueA.resize(entries: size)
            #expect(pair.queueA.entries == size)
            // What waits would find no room.
            #expect(throws: VerbsErrno.invalidArgument) { try pair.queueA.resize(entries: 2) }
            for completion in pair.poll(pair.queueA, 2) {
                polled += 1
                #expect(completion.workRequestID == polled && completion.status == CompletionStatus.success.rawValue)
            }
        }
        #expect(polled == 12)
    }

    @Test(arguments: [0, -1, .max] as [Int32])
    func sizesThatNoQueueHasAreRefused(size: Int32) throws {
        let pair = try LoopbackPair()
        #expect(throws: VerbsErrno.invalidArgument) { try pair.queueA.resize(entries: size) }
        #expect(pair.queueA.entries == 64)
    }

    /// The new limit counts: the completion that finds no room is an overrun, and not before.
    @Test func theNewLimitHolds() throws {
        let pair = try LoopbackPair()
        try pair.queueA.resize(entries: 3)
        for identifier in 1...4 as ClosedRange<UInt64> { #expect(pair.send(.rdmaWrite, [], identifier: identifier) == 0) }
        #expect(pair.poll(pair.queueA, 8).map(\.workRequestID) == [1, 2, 3])
        #expect(pair.a.state == .error)
    }
}
