// CompletionQueue+Waiting.swift - tasks that sleep until a completion comes.
//
// Owns: the order of poll, arm, poll, sleep, which loses no completion. Does not: block a thread of the pool; one thread
// of the device's reads the channel and wakes the tasks (`EventThread`).
// C: ibv_req_notify_cq(3), ibv_get_cq_event(3).

internal import Device

extension CompletionQueue {
    /// The oldest completion; the task sleeps until there is one.
    ///
    /// Any number of tasks may wait for one queue; each completion goes to one of them.
    /// - Returns: nil when the task is cancelled while there is nothing to return. A cancelled call takes no completion.
    /// - Precondition: the queue was made without a ``CompletionChannel``.
    public func next() async -> Completion? { await completions.next() }

    /// The completions to come, as a sequence that ends when the task is cancelled.
    /// - Precondition: the queue was made without a ``CompletionChannel``.
    public var completions: Completions {
        if share.hasOwnChannel {
            Misuse.stop("this CompletionQueue reports to a CompletionChannel: wait there, or make the queue without one")
        }
        return Completions(share: share)
    }
}
