// AsyncEventTests.swift - events that nobody asked for, and their acknowledgement.

import CVerbs
import Platform
import Testing

/// A message takes the queue below its limit of four.
private func reachLimit(_ loop: Loopback) {
    var change = ibv_srq_attr(max_wr: 0, max_sge: 0, srq_limit: 4)
    for index in 0..<4 { #expect(loop.postReceive(UInt64(index), loop.element(2048, 64)) == 0) }
    #expect(unsafe ibv_modify_srq(loop.shared, &change, Int32(IBV_SRQ_LIMIT.rawValue)) == 0)
    unsafe #expect(loop.postSend(9, loop.element(0, 8)) == 0)
    #expect(loop.completions(2).allSatisfy { $0.status == IBV_WC_SUCCESS })
}

@Test func anEventNamesItsObject() throws {
    let loop = try Loopback(sharedReceives: 8)
    reachLimit(loop)
    var event = unsafe ibv_async_event()
    #expect(unsafe ibv_get_async_event(loop.device.context, &event) == 0)
    #expect(unsafe event.event_type == IBV_EVENT_SRQ_LIMIT_REACHED)
    #expect(unsafe event.element.srq == loop.shared)
    #expect(unsafe loop.shared?.pointee.events_completed == 0)
    unsafe ibv_ack_async_event(&event)
    #expect(unsafe loop.shared?.pointee.events_completed == 1)
    loop.end()
}

/// The acknowledgement comes from another thread, while the destroying one waits for it.
@Test func destroyingWaitsForTheAcknowledgementOfAnEvent() throws {
    let loop = try Loopback(sharedReceives: 8)
    reachLimit(loop)
    let event = UnsafeMutablePointer<ibv_async_event>.allocate(capacity: 1)
    #expect(unsafe ibv_get_async_event(loop.device.context, event) == 0)
    var thread = pthread_t()
    let started = unsafe pthread_create(
        &thread, nil,
        { argument in
            Clock.sleep(nanoseconds: 50_000_000)
            unsafe ibv_ack_async_event(argument?.assumingMemoryBound(to: ibv_async_event.self))
            return nil
        }, event)
    #expect(started == 0)
    let before = ContinuousClock.now
    loop.end()
    #expect(ContinuousClock.now - before >= .milliseconds(40))
    #expect(pthread_join(thread, nil) == 0)
    unsafe event.deallocate()
}
