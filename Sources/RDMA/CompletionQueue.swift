// CompletionQueue.swift - where finished requests are found.
//
// Owns: a share of the queue; queue pairs that complete here hold one too. Polling is here, waiting in `+Waiting`.
// Spec: IBA vol 1, 11.2.8, 11.4.2.   C: struct ibv_cq; ibv_poll_cq(3), ibv_req_notify_cq(3).
// Locking: any number of threads and tasks may poll and wait; each completion goes to one of them. HOT.

internal import Device
import Fabric
import Verbs

/// A completion queue: polled for speed, awaited for comfort.
///
/// ```swift
/// while let completion = queue.poll() { … }          // whatever is there, never waits
/// let completion = queue.spin()                      // polls until one comes: fastest, burns its core
/// for await completion in queue.completions { … }    // lets the task sleep
/// ```
///
/// It lives for as long as this value, or a queue pair that completes in it, exists.
@safe
public struct CompletionQueue: ~Copyable, Sendable {
    let share: QueueShare
    let core: Device::CompletionQueue
    private let owner: OwnerWord

    init(share: QueueShare) {
        self.share = share
        core = share.core
        owner = share.device.owner
    }

    /// How ``DeviceEvent``s and ``CompletionChannel``s name the queue.
    public var id: ObjectIdentifier { ObjectIdentifier(core) }

    /// How many completions may wait to be polled.
    public var capacity: Int { Int(core.entries) }

    /// The oldest completion, if there is one; never waits.
    public func poll() -> Completion? {
        DeviceShare.requireOwner(owner)
        var completion = Completion()
        return unsafe core.poll(&completion.raw, 1) == 1 ? completion : nil
    }

    /// The oldest completions, as many as there are and fit; never waits.
    ///
    /// ```swift
    /// var batch = InlineArray<16, Completion>(repeating: Completion())
    /// var room = batch.mutableSpan
    /// let count = queue.poll(into: &room)
    /// ```
    /// - Returns: how many there were; they stand at the front.
    public func poll(into batch: inout MutableSpan<Completion>) -> Int {
        DeviceShare.requireOwner(owner)
        return unsafe batch.withUnsafeMutableBufferPointer { buffer -> Int in
            guard let start = buffer.baseAddress else { return 0 }
            let raw = unsafe UnsafeMutableRawPointer(start).assumingMemoryBound(to: Verbs::Completion.self)
            return unsafe Int(core.poll(raw, Int32(clamping: buffer.count)))
        }
    }

    /// Polls until there is a completion: the fastest way to wait, and one that occupies the core.
    public func spin() -> Completion {
        while true {
            if let completion = poll() { return completion }
        }
    }

    /// Asks the queue's ``CompletionChannel`` for one event, at the next completion or the next solicited one.
    ///
    /// A completion that comes after this call raises it; poll once more after the call, for what came before. Queues
    /// without a channel of their own need no such call: awaiting does it.
    /// - Precondition: the queue was made with a channel.
    public func requestNotification(solicitedOnly: Bool = false) {
        guard share.hasOwnChannel else {
            Misuse.stop("this CompletionQueue has no CompletionChannel: await next(), or make the queue with a channel")
        }
        DeviceShare.requireOwner(owner)
        _ = core.requestNotification(solicitedOnly: solicitedOnly)
    }
}
