// Completions.swift - the completions of a queue, as an asynchronous sequence.
//
// Owns: a share of the queue: a loop over it keeps it alive.
// Locking: none; see WaitingTasks.

internal import Device

/// The completions of a ``CompletionQueue``: `for await completion in queue.completions`.
///
/// The sequence ends when its task is cancelled. Several loops, in several tasks, share the completions between them.
public struct Completions: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let share: QueueShare

    /// The sequence is its own iterator: it has no position, the queue has.
    public func makeAsyncIterator() -> Completions { self }

    /// The oldest completion; the task sleeps until there is one. Nil when the task is cancelled.
    public func next() async -> Completion? { await next(isolation: nil) }

    /// The same, for the caller's actor.
    public func next(isolation actor: isolated (any Actor)?) async -> Completion? {
        share.watch()
        while true {
            if let completion = poll() { return completion }
            if Task.isCancelled { return nil }
            let ticket = share.waiting.ticket
            _ = share.core.requestNotification(solicitedOnly: false)
            // What came before the request raises no event.
            if let completion = poll() { return completion }
            await share.waiting.sleep(since: ticket)
        }
    }

    private func poll() -> Completion? {
        DeviceShare.requireOwner(share.device.owner)
        var completion = Completion()
        return unsafe share.core.poll(&completion.raw, 1) == 1 ? completion : nil
    }
}
