// Agent.swift - the one thread that a process on the fabric has besides its own.
//
// Owns: answering those who look for this process, noticing deaths, running due work, copying for peers that may not
// touch our memory, raising events for them. All signals are blocked in it.
// Does not: touch the data path while nothing is due; never waits for another process's agent.
// Locking: `workLock` guards the list of work, never while it runs; `wake` may be called from any thread.

import Platform
import Synchronization

/// The agent thread of a member.
final class Agent: @unchecked Sendable {
    private unowned let member: Member
    /// The member's: peers have it too.
    private let bell: Int32
    private let workLock = PrivateLock()
    private var work: [any AgentWork] = []
    /// Monotonic nanoseconds of the next wake-up that is arranged; UInt64.max: none.
    private let nextDue = Atomic<UInt64>(.max)

    init(member: Member, bell: Int32) {
        self.member = member
        self.bell = bell
    }

    func start() throws(SystemError) {
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        try unsafe Thread.start(name: "verbena-agent", stackBytes: 256 << 10, { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<Agent>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, argument: context)
    }

    func add(_ item: any AgentWork) { workLock.withLock { work.append(item) } }

    func remove(_ item: any AgentWork) { workLock.withLock { work.removeAll { $0 === item } } }

    private func currentWork() -> [any AgentWork] { workLock.withLock { work } }

    /// Makes the agent look at due work no later than at `time`.
    func wake(at time: UInt64) {
        if time < nextDue.load(ordering: .sequentiallyConsistent) { _ = EventDescriptor.signal(bell) }
    }

    private func run() {
        while true {
            // Whatever is asked for from here on rings, though the answer below may not know of it.
            nextDue.store(.max, ordering: .sequentiallyConsistent)
            let due = runDueWork()
            nextDue.store(due ?? .max, ordering: .sequentiallyConsistent)
            let rang = serveWhileAsked()
            // It may have rung for work that is due, too: no sleep before that was looked at.
            waitAndAnswer(until: rang ? 0 : due)
        }
    }

    private func runDueWork() -> UInt64? {
        let now = Clock.monotonicNanoseconds()
        return currentWork().compactMap { $0.runDueWork(now: now) }.min()
    }

    /// Does what peers ask for, as long as they go on asking; for some milliseconds at most, because others wait too.
    /// - Returns: whether the bell rang meanwhile.
    private func serveWhileAsked() -> Bool {
        let end = Clock.monotonicNanoseconds() &+ 5_000_000
        var rang = false
        while serve(), Clock.monotonicNanoseconds() < end {
            // The next chunk or request of whoever was served often comes within a microsecond; else within one sleep.
            for _ in 0..<100 where isIdle { Clock.relax() }
            if isIdle { rang = sleepForBell() || rang }
        }
        return rang
    }

    private func serve() -> Bool {
        var served = false
        SignalMailbox(member.view).take {
            member.events.raise($0)
            served = true
        }
        for item in currentWork() { served = item.serveRequests() || served }
        return served
    }

    private var isIdle: Bool { member.view.header.transfersPending.load() == 0 && SignalMailbox(member.view).isEmpty }

    /// Sleeps for the bell alone: cheaper than `waitAndAnswer` with many peers. True if it rang.
    private func sleepForBell() -> Bool {
        announceSleep()
        var entries = [PollEntry(descriptor: bell)]
        poll(&entries, timeout: isIdle ? 1_000_000 : 0)
        return isReady(entries[0])
    }

    /// From now on peers ring. They look at this word after they have written a request, we at the requests after it.
    private func announceSleep() {
        member.view.header.agentAsleep.exchange(1)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    private func poll(_ entries: inout [PollEntry], timeout: UInt64?) {
        unsafe entries.withUnsafeMutableBufferPointer { _ = try? unsafe Poller.wait($0, timeoutNanoseconds: timeout) }
        member.view.header.agentAsleep.store(0)
        if isReady(entries[0]) { _ = try? EventDescriptor.consume(bell) }
    }

    private func waitAndAnswer(until due: UInt64?) {
        let listeners = member.listeners()
        let awaited = member.directory.awaited()
        let peers = member.directory.everyone()
        var entries = ([bell] + listeners + awaited + peers.map { $0.process.number }).map { PollEntry(descriptor: $0) }
        announceSleep()
        let now = Clock.monotonicNanoseconds()
        let timeout = isIdle ? due.map { $0 > now ? $0 - now : 0 } : 0
        poll(&entries, timeout: timeout)
        for (index, listener) in listeners.enumerated() where isReady(entries[1 + index]) { member.answer(on: listener) }
        let afterListeners = 1 + listeners.count
        for (index, socket) in awaited.enumerated() where isReady(entries[afterListeners + index]) {
            member.directory.complete(socket)
        }
        let afterAwaited = afterListeners + awaited.count
        for (index, peer) in peers.enumerated() where isReady(entries[afterAwaited + index]) { buried(peer) }
    }

    private func isReady(_ entry: PollEntry) -> Bool { !entry.seen.isEmpty }

    private func buried(_ peer: Peer) {
        peer.markDead()
        member.directory.forgetDead()
        for item in currentWork() { item.peerDied(peer) }
    }
}
