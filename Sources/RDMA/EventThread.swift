// EventThread.swift - the thread that sleeps, so that tasks need not hold one.
//
// Owns: one thread for an opened device, started when the first task waits: it waits for the descriptors of the device's
// completion channel and of its asynchronous events, and wakes the tasks that wait for them.
// Does not: poll completions; the tasks do.
// Locking: one mutex around the list of who waits; wakes happen outside of it.

internal import Device
import Platform
import Synchronization
import Verbs

/// Wakes tasks when the device has something to say.
@safe
final class EventThread: Sendable {
    private struct State {
        var isStarted = false
        var isStopped = false
        var wantsEvents = false
        var queues: [ObjectIdentifier: WaitingTasks] = [:]
        var events: [DeviceEvent] = []
    }

    private let state = Mutex(State())
    private let context: DeviceContext
    private let channel: Device::CompletionChannel
    /// Readable when the thread is to look at `state` again.
    private let nudge: OwnedDescriptor
    private let eventWaiters = WaitingTasks()

    init(context: DeviceContext, channel: Device::CompletionChannel) throws(VerbsErrno) {
        self.context = context
        self.channel = channel
        do {
            nudge = try EventDescriptor.create(semaphore: false)
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
    }

    /// Wakes `tasks` at each event of the queue from now on.
    func watch(_ queue: Device::CompletionQueue, _ tasks: WaitingTasks) {
        state.withLock { $0.queues[ObjectIdentifier(queue)] = tasks }
        start()
    }

    func forget(_ queue: Device::CompletionQueue) {
        state.withLock { _ = $0.queues.removeValue(forKey: ObjectIdentifier(queue)) }
    }

    /// The oldest event; nil when the task is cancelled.
    func nextEvent() async -> DeviceEvent? {
        if !state.withLock({ $0.wantsEvents.exchanged(for: true) }) { _ = EventDescriptor.signal(nudge.number) }
        start()
        while true {
            let ticket = eventWaiters.ticket
            if let event = state.withLock({ $0.events.isEmpty ? nil : $0.events.removeFirst() }) { return event }
            if Task.isCancelled { return nil }
            await eventWaiters.sleep(since: ticket)
        }
    }

    /// Ends the thread, if there is one; it lets go of the device a moment later.
    func stop() {
        state.withLock { $0.isStopped = true }
        _ = EventDescriptor.signal(nudge.number)
    }

    private func start() {
        guard !state.withLock({ $0.isStarted.exchanged(for: true) }) else { return }
        let itself = unsafe Unmanaged.passRetained(self)
        do {
            try unsafe Thread.start(
                name: "verbena-await", stackBytes: 256 * 1024,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<EventThread>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, argument: itself.toOpaque())
        } catch {
            fatalError("RDMA: no thread can be started to wait for completions: \(error)")
        }
    }

    private func run() {
        while let wantsEvents = state.withLock({ $0.isStopped ? nil : $0.wantsEvents }) {
            var entries = InlineArray<3, PollEntry>(repeating: PollEntry(descriptor: -1))
            entries[0] = PollEntry(descriptor: nudge.number)
            entries[1] = PollEntry(descriptor: channel.descriptor)
            if wantsEvents { entries[2] = PollEntry(descriptor: context.asyncDescriptor) }
            var span = entries.mutableSpan
            // Only a signal can interrupt it, and then there is nothing to do but to look again.
            let count = unsafe span.withUnsafeMutableBufferPointer { try? unsafe Poller.wait($0, timeoutNanoseconds: nil) }
            guard let count, count > 0 else { continue }
            if !entries[0].seen.isEmpty { _ = try? EventDescriptor.consume(nudge.number) }
            if !entries[1].seen.isEmpty { completionArrived() }
            if !entries[2].seen.isEmpty { eventArrived() }
        }
    }

    /// The thread is the channel's only reader, so that what is readable stays so, and taking it does not wait.
    private func completionArrived() {
        guard let queue = try? channel.takeEvent() else { return }
        state.withLock { $0.queues[ObjectIdentifier(queue)] }?.wakeAll()
    }

    private func eventArrived() {
        guard let event = try? context.takeAsyncEvent() else { return }
        state.withLock { $0.events.append(DeviceEvent(event)) }
        eventWaiters.wakeAll()
    }
}

extension Bool {
    /// Changes the value; what it was.
    fileprivate mutating func exchanged(for value: Bool) -> Bool {
        defer { self = value }
        return self
    }
}
