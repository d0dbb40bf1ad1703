// Agent.swift - the one thread that a process on the fabric has besides its own.
//
// Owns: answering those who look for this process, noticing deaths, running due work. All signals are blocked in it.
// Does not: touch the data path while nothing is due; never waits for another process's agent.
// Locking: `workLock` guards the list of work, never while it runs; `wake` may be called from any thread.

import Platform
import Synchronization

/// The agent thread of a member.
final class Agent: @unchecked Sendable {
    private unowned let member: Member
    private let wakeDescriptor: OwnedDescriptor
    private let workLock = PrivateLock()
    private var work: [any AgentWork] = []
    /// Monotonic nanoseconds of the next wake-up that is arranged; UInt64.max: none.
    private let nextDue = Atomic<UInt64>(.max)

    init(member: Member) throws(SystemError) {
        self.member = member
        wakeDescriptor = try EventDescriptor.create(semaphore: false)
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
        if time < nextDue.load(ordering: .relaxed) { _ = EventDescriptor.signal(wakeDescriptor.number) }
    }

    private func run() {
        while true {
            let due = runDueWork()
            nextDue.store(due ?? .max, ordering: .relaxed)
            waitAndAnswer(until: due)
        }
    }

    private func runDueWork() -> UInt64? {
        let now = Clock.monotonicNanoseconds()
        return currentWork().compactMap { $0.runDueWork(now: now) }.min()
    }

    private func waitAndAnswer(until due: UInt64?) {
        let listeners = member.listeners()
        let awaited = member.directory.awaited()
        let peers = member.directory.everyone()
        var entries = ([wakeDescriptor.number] + listeners + awaited + peers.map { $0.process.number }).map {
            PollEntry(descriptor: $0)
        }
        let now = Clock.monotonicNanoseconds()
        let timeout = due.map { $0 > now ? $0 - now : 0 }
        unsafe entries.withUnsafeMutableBufferPointer { _ = try? unsafe Poller.wait($0, timeoutNanoseconds: timeout) }
        if isReady(entries[0]) { _ = try? EventDescriptor.consume(wakeDescriptor.number) }
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
