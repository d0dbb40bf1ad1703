// AsyncEventTests.swift - events that nobody asked for, and their acknowledgement.

import CVerbs
import Platform
import Synchronization
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

/// An event that another thread acknowledges, and whether it has begun to.
@safe
private final class LateAcknowledgement: @unchecked Sendable {
    let event = UnsafeMutablePointer<ibv_async_event>.allocate(capacity: 1)
    let hasBegun = Atomic(false)

    deinit { unsafe event.deallocate() }
}

/// The acknowledgement comes from another thread, while the destroying one waits for it.
@Test func destroyingWaitsForTheAcknowledgementOfAnEvent() throws {
    let loop = try Loopback(sharedReceives: 8)
    reachLimit(loop)
    let late = LateAcknowledgement()
    #expect(unsafe ibv_get_async_event(loop.device.context, late.event) == 0)
    var thread = pthread_t()
    let started = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let late = unsafe Unmanaged<LateAcknowledgement>.fromOpaque(argument).takeUnretainedValue()
            Clock.sleep(nanoseconds: 50_000_000)
            late.hasBegun.store(true, ordering: .sequentiallyConsistent)
            unsafe ibv_ack_async_event(late.event)
            return nil
        }, Unmanaged.passUnretained(late).toOpaque())
    #expect(started == 0)
    loop.end()
    let hasBegun = late.hasBegun.load(ordering: .sequentiallyConsistent)
    #expect(hasBegun)
    #expect(pthread_join(thread, nil) == 0)
}
