// SharedReceiveTests.swift - one receive queue behind several queue pairs, and its event.

import RDMA
import Testing

@Suite(.serialized)
struct SharedReceiveTests {
    @Test func severalQueuePairsTakeFromOneQueue() async throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let shared = try domain.makeSharedReceiveQueue(capacity: 4, elements: 2)
        let region = try domain.makeMemoryRegion(byteCount: 4096)
        var configuration = QueuePair.Configuration(.reliableConnection, completions: queue)
        configuration.receives(from: shared)
        let first = try domain.makeQueuePair(configuration), second = try domain.makeQueuePair(configuration)
        try first.connect(to: second.endpoint)
        try second.connect(to: first.endpoint)

        for id in 0..<3 as Range<UInt64> { try shared.postReceive(into: region, 0..<64, id: id) }
        var list = ScatterGatherList(capacity: 2)
        list.append(region, 128..<129)
        list.append(region, 256..<300)
        try shared.postReceive(scattering: list, id: 3)
        #expect(throws: RDMAError.self) { try shared.postReceive(into: region, 0..<64) }
        try shared.requestEvent(below: 3)

        try first.postSend(inline: "to second".utf8.span, options: [])
        try second.postSend(inline: "to first".utf8.span, options: [])
        var receivers: Set<QueuePairNumber> = []
        for _ in 0..<2 { receivers.insert(try queue.await().requireSuccess().queuePair) }
        #expect(receivers == [first.number, second.number])

        let event = await device.nextEvent()
        #expect(event?.type == .sharedReceiveQueueLimitReached && event?.subject == .sharedReceiveQueue(shared.id))

        #expect(throws: RDMAError.self) { try first.postReceive(into: region) }
        #expect(throws: RDMAError.self) { try shared.requestEvent(below: 5) }
        #expect(throws: RDMAError.self) { _ = try domain.makeSharedReceiveQueue(capacity: 0) }
    }
}
