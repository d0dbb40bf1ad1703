// CompletionChannel.swift - completion events for threads that block, and for event loops.
//
// Owns: a share of the channel. Does not: serve `await`; queues without a channel do.
// C: struct ibv_comp_channel; ibv_get_cq_event(3).

internal import Device
import Platform
import Verbs

/// Where completion queues report that they are no longer empty: for threads that may block, and for event loops of a
/// program's own.
///
/// ```swift
/// let channel = try device.makeCompletionChannel()
/// let queue = try device.makeCompletionQueue(notifying: channel)
/// queue.requestNotification()
/// if queue.poll() == nil { _ = try channel.wait() }
/// ```
@safe
public struct CompletionChannel: ~Copyable, Sendable {
    let core: Device::CompletionChannel
    private let device: DeviceShare

    init(device: DeviceShare) throws(RDMAError) {
        try device.checkOwner(.completionChannel)
        core = try Self.create(device)
        self.device = device
    }

    private static func create(_ device: DeviceShare) throws(RDMAError) -> Device::CompletionChannel {
        do throws(VerbsErrno) {
            return try device.context.createCompletionChannel()
        } catch {
            throw RDMAError(.completionChannel, errno: error, rule: "it needs a file descriptor", remedy: "Raise `ulimit -n`")
        }
    }

    /// The file descriptor that is readable while an event waits: for `epoll` and the like. It stays the channel's own.
    public var descriptor: Int32 { core.descriptor }

    /// Blocks the thread until a queue reports, and takes the event.
    /// - Parameter limit: how long to wait; nil is for ever, zero does not wait.
    /// - Returns: the ``CompletionQueue/id`` of the queue; nil when the time has passed.
    /// - Throws: ``RDMAError/Kind/system(_:)`` with `EINTR` when a signal arrived first.
    public func wait(atMost limit: Duration? = nil) throws(RDMAError) -> ObjectIdentifier? {
        DeviceShare.requireOwner(device.owner)
        let start = Clock.monotonicNanoseconds()
        while true {
            let left = limit.map { $0.nanoseconds &- min(Clock.monotonicNanoseconds() &- start, $0.nanoseconds) }
            guard try isReadable(within: left) else { return nil }
            do throws(VerbsErrno) {
                // An event of a queue that is gone meanwhile is no event.
                if let queue = try core.takeEvent() { return ObjectIdentifier(queue) }
            } catch {
                throw RDMAError(.completionChannel, errno: error, rule: "", remedy: "")
            }
        }
    }

    private func isReadable(within nanoseconds: UInt64?) throws(RDMAError) -> Bool {
        var entry = PollEntry(descriptor: core.descriptor)
        do throws(SystemError) {
            return try unsafe withUnsafeMutablePointer(to: &entry) { pointer throws(SystemError) -> Bool in
                let buffer = unsafe UnsafeMutableBufferPointer(start: pointer, count: 1)
                return try unsafe Poller.wait(buffer, timeoutNanoseconds: nanoseconds) > 0
            }
        } catch {
            throw RDMAError(.completionChannel, errno: VerbsErrno(rawValue: error.number), rule: "", remedy: "")
        }
    }
}

extension Duration {
    /// Not below zero, and not beyond what 64 bits hold.
    fileprivate var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max / 2 : min(whole, .max / 2) + UInt64(attoseconds / 1_000_000_000)
    }
}
