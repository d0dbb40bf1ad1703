// DatagramTests.swift - datagrams: whom they reach, and what stands in front of them.

import RDMA
import Testing

@Suite(.serialized)
struct DatagramTests {
    @Test func aDatagramTellsItsSender() throws {
        let pair = try ConnectedPair(.unreliableDatagram)
        pair.fill(100)
        let handle = try pair.domain.makeAddressHandle(to: pair.b.endpoint)
        #expect(handle.endpoint == pair.b.endpoint)
        try pair.b.postReceive(into: pair.far, id: 3)
        try pair.a.postSend(pair.near, 0..<100, to: handle, immediate: 5)
        try pair.queueA.await().requireSuccess()
        let received = try pair.queueB.await().requireSuccess()
        #expect(received.byteCount == 100 + QueuePair.routeHeaderBytes && received.hasRouteHeader && received.immediate == 5)
        #expect(received.sourceQueuePair == pair.a.number && received.id == 3)
        #expect(pair.far.array(QueuePair.routeHeaderBytes..<received.byteCount) == ConnectedPair.pattern(100))
    }

    @Test func inlineAndGatheredDatagrams() throws {
        let pair = try ConnectedPair(.unreliableDatagram)
        let handle = try pair.domain.makeAddressHandle(to: pair.b.endpoint)
        try pair.b.postReceive(into: pair.far, 0..<1000)
        try pair.b.postReceive(into: pair.far, 1000..<2000)
        try pair.a.postSend(inline: "hello".utf8.span, to: handle)
        pair.near.copy("hello".utf8.span)
        var list = ScatterGatherList(capacity: 2)
        list.append(pair.near, 4..<5)
        list.append(pair.near, 0..<4)
        try pair.a.postSend(gathering: list, to: handle)
        try pair.queueB.await().requireSuccess()
        try pair.queueB.await().requireSuccess()
        #expect(pair.far.text(40..<45) == "hello" && pair.far.text(1040..<1045) == "ohell")
    }

    /// A wrong queue key is dropped at the receiver, and the next datagram takes the receive that it left.
    @Test func aWrongQueueKeyIsLost() throws {
        let pair = try ConnectedPair(.unreliableDatagram)
        var stranger = pair.b.endpoint
        stranger.queueKey ^= 1
        try pair.b.postReceive(into: pair.far)
        try pair.a.postSend(inline: "wrong".utf8.span, to: pair.domain.makeAddressHandle(to: stranger))
        try pair.queueA.await().requireSuccess()
        try pair.a.postSend(inline: "right".utf8.span, to: pair.domain.makeAddressHandle(to: pair.b.endpoint))
        try pair.queueA.await().requireSuccess()
        try pair.queueB.await().requireSuccess()
        #expect(pair.far.text(40..<45) == "right")
    }
}
