// WaitingTests.swift - tasks that sleep, tasks that are cancelled, threads that block; and that no completion is lost.

import RDMA
import Synchronization
import Testing

@Suite(.serialized)
struct WaitingTests {
    @Test func aSleepingTaskIsWoken() async throws {
        let pair = try ConnectedPair()
        try pair.b.postReceive(into: pair.far, id: 9)
        let queueB = pair.queueB.completions
        async let received = queueB.next()
        try await Task.sleep(for: .milliseconds(20))
        try pair.a.postSend(pair.near, 0..<8)
        #expect(await received?.id == 9)
        #expect(try await pair.queueA.next()?.requireSuccess().operation == .send)
    }

    /// More tasks than the pool has threads share one queue: none blocks the pool, none misses a completion, and none
    /// gets one twice.
    @Test func manyTasksShareAQueue() async throws {
        let pair = try ConnectedPair()
        let messages = 2000, tasks = 50
        let completions = pair.queueB.completions
        let polled = Counter()
        for _ in 0..<64 { try pair.b.postReceive(into: pair.far, 0..<64) }
        let seen = try await withThrowingTaskGroup(of: [UInt32].self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    var mine: [UInt32] = []
                    while let completion = await completions.next() {
                        polled.value.add(1, ordering: .relaxed)
                        guard let number = completion.immediate, completion.isSuccess else { break }
                        if number == .max { break }
                        mine.append(number)
                        await Task.yield()
                    }
                    return mine
                }
            }
            // No more on the way than there are receives: a receive's place is free once its completion was polled.
            for number in 0..<messages + tasks {
                while number - polled.value.load(ordering: .relaxed) >= 64 { await Task.yield() }
                if number >= 64 { try pair.b.postReceive(into: pair.far, 0..<64) }
                try pair.a.postSend(pair.near, 0..<8, immediate: number < messages ? UInt32(number) : .max)
                #expect(await pair.queueA.next()?.isSuccess == true)
            }
            var all: [UInt32] = []
            for try await part in group { all += part }
            return all
        }
        #expect(seen.sorted() == (0..<UInt32(messages)).map { $0 })
    }

    @Test func cancellationEndsTheWaitAndNothingElse() async throws {
        let pair = try ConnectedPair()
        let completions = pair.queueB.completions
        let sleepers = (0..<20).map { _ in Task { await completions.next() == nil } }
        try await Task.sleep(for: .milliseconds(10))
        for sleeper in sleepers { sleeper.cancel() }
        for sleeper in sleepers { #expect(await sleeper.value, "a cancelled wait returns nil") }
        // The queue works as before, and what arrives is there for the next one.
        try pair.b.postReceive(into: pair.far)
        try pair.a.postSend(pair.near, 0..<1)
        #expect(await pair.queueB.next()?.isSuccess == true)
    }

    @Test func cancellationRacesWithCompletions() async throws {
        let pair = try ConnectedPair()
        let completions = pair.queueB.completions
        for round in 0..<500 as Range<UInt64> {
            try pair.b.postReceive(into: pair.far, id: round)
            let sleeper = Task { await completions.next() }
            let canceller = Task { sleeper.cancel() }
            try pair.a.postSend(pair.near, 0..<1)
            #expect(await pair.queueA.next()?.isSuccess == true)
            await canceller.value
            // What a cancelled task did not take is still there.
            let taken = await sleeper.value ?? pair.queueB.poll()
            #expect(taken?.id == round && taken?.isSuccess == true)
        }
        #expect(pair.queueB.poll() == nil)
    }

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test func aLoopEndsWithItsTask() async throws {
        let pair = try ConnectedPair()
        let completions = pair.queueB.completions
        let counted = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await completion in completions where completion.isSuccess { counted.value.add(1, ordering: .relaxed) }
            }
            for _ in 0..<10 {
                try pair.b.postReceive(into: pair.far)
                try pair.a.postSend(pair.near, 0..<1)
                #expect(await pair.queueA.next()?.isSuccess == true)
            }
            while counted.value.load(ordering: .relaxed) < 10 { await Task.yield() }
            group.cancelAll()
        }
        #expect(counted.value.load(ordering: .relaxed) == 10)
    }

    @Test func aChannelWakesAThread() throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let channel = try device.makeCompletionChannel()
        let queue = try device.makeCompletionQueue(notifying: channel)
        let other = try device.makeCompletionQueue(notifying: channel)
        let pair = try domain.makeQueuePair(completions: queue)
        try pair.connect(to: pair.endpoint)
        let region = try domain.makeMemoryRegion(byteCount: 16)
        #expect(channel.descriptor >= 0 && queue.id != other.id)
        #expect(try channel.wait(atMost: .zero) == nil)
        queue.requestNotification(solicitedOnly: true)
        try pair.postReceive(into: region)
        try pair.postSend(region, 0..<1)
        #expect(try channel.wait(atMost: .milliseconds(20)) == nil, "nothing solicited has come")
        try pair.postReceive(into: region)
        try pair.postSend(region, 0..<1, options: [.signaled, .solicited])
        #expect(try channel.wait() == queue.id)
        var count = 0
        while queue.poll() != nil { count += 1 }
        #expect(count == 4)
    }

    @Test func eventsAwaitedInVainEndWithTheirTask() async throws {
        let pair = try ConnectedPair()
        let device = pair.device.name
        #expect(Device.names.contains(device))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                let own = try Device()
                return await own.nextEvent() == nil
            }
            try await Task.sleep(for: .milliseconds(10))
            group.cancelAll()
            #expect(try await group.next() == true)
        }
    }
}
