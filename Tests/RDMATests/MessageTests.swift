// MessageTests.swift - messages: every way to name their bytes, every thing they bring.

import RDMA
import Testing

@Suite(.serialized)
struct MessageTests {
    /// Sizes on both sides of each way that a message can travel.
    @Test(arguments: [0, 1, 88, 89, 8192, 8193, 65536], [QueuePairType.reliableConnection, .unreliableConnection])
    func aMessageArrives(size: Int, type: QueuePairType) throws {
        let pair = try ConnectedPair(type)
        pair.fill(size)
        try pair.b.postReceive(into: pair.far, id: 7)
        try pair.a.postSend(pair.near, 0..<size, id: 8, immediate: 0xcafe_f00d)
        let received = try pair.queueB.await().requireSuccess()
        #expect(received.id == 7 && received.byteCount == size && received.operation == .receive)
        #expect(received.immediate == 0xcafe_f00d && received.queuePair == pair.b.number)
        let sent = try pair.queueA.await().requireSuccess()
        #expect(sent.id == 8 && sent.operation == .send && sent.queuePair == pair.a.number && sent.immediate == nil)
        #expect(pair.far.array(0..<size) == ConnectedPair.pattern(size))
    }

    @Test func withoutImmediateThereIsNone() throws {
        let pair = try ConnectedPair()
        try pair.b.postReceive(into: pair.far)
        try pair.a.postSend(pair.near, 0..<4)
        #expect(try pair.queueB.await().immediate == nil)
    }

    @Test func inlineBytesComeFromAnywhere() throws {
        let pair = try ConnectedPair()
        try pair.b.postReceive(into: pair.far)
        try pair.a.postSend(inline: "from the stack".utf8.span)
        let received = try pair.queueB.await().requireSuccess()
        #expect(pair.far.text(0..<received.byteCount) == "from the stack")
    }

    @Test func listsGatherAndScatter() throws {
        let pair = try ConnectedPair()
        pair.fill(300)
        var scattered = ScatterGatherList(capacity: 2)
        scattered.append(pair.far, 1000..<1100)
        scattered.append(pair.far, 5000..<6000)
        try pair.b.postReceive(scattering: scattered)
        var gathered = ScatterGatherList(capacity: 4)
        gathered.append(pair.near, 0..<50)
        gathered.append(pair.near, 50..<300)
        #expect(gathered.count == 2 && gathered.byteCount == 300 && scattered.byteCount == 1100)
        try pair.a.postSend(gathering: gathered)
        #expect(try pair.queueB.await().requireSuccess().byteCount == 300)
        #expect(pair.far.array(1000..<1100) + pair.far.array(5000..<5200) == ConnectedPair.pattern(300))
    }

    @Test func unsignaledSendsAreSilent() throws {
        let pair = try ConnectedPair()
        for id in 1...3 as ClosedRange<UInt64> {
            try pair.b.postReceive(into: pair.far)
            try pair.a.postSend(pair.near, 0..<4, id: id, options: id == 3 ? .signaled : [])
        }
        #expect(try pair.queueA.await().requireSuccess().id == 3)
        #expect(pair.queueA.poll() == nil)
    }

    @Test func aConfigurationMaySignalEverySend() throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let sends = try device.makeCompletionQueue(), receives = try device.makeCompletionQueue()
        var configuration = QueuePair.Configuration(.reliableConnection, completions: sends)
        configuration.signalsEverySend = true
        configuration.receivesComplete(in: receives)
        configuration.capabilities.sendWorkRequests = 3
        let pair = try domain.makeQueuePair(configuration)
        #expect(pair.capabilities.sendWorkRequests == 3)
        try pair.connect(to: pair.endpoint)
        let region = try domain.makeMemoryRegion(byteCount: 16)
        try pair.postReceive(into: region, 8..<16)
        try pair.postSend(region, 0..<8, options: [])
        #expect(try sends.await().requireSuccess().operation == .send)
        #expect(try receives.await().requireSuccess().operation == .receive)
    }

    @Test func aBatchIsPolledAtOnce() throws {
        let pair = try ConnectedPair()
        for id in 0..<10 as Range<UInt64> {
            try pair.b.postReceive(into: pair.far, id: id)
            try pair.a.postSend(pair.near, 0..<1)
        }
        var batch = InlineArray<16, Completion>(repeating: Completion())
        var room = batch.mutableSpan
        #expect(pair.queueB.poll(into: &room) == 10)
        for index in 0..<10 { #expect(batch[index].id == UInt64(index) && batch[index].isSuccess) }
        var none = MutableSpan<Completion>()
        #expect(pair.queueA.poll(into: &none) == 0)
    }
}
