// QueueShare.swift - what all holders of a completion queue share.
//
// Owns: the queue, destroyed when the last holder ends; the tasks that wait for it.

internal import Device
import Synchronization
import Verbs

/// The completion queue, kept by the queue pairs that complete in it.
final class QueueShare: Sendable {
    let device: DeviceShare
    let core: Device::CompletionQueue
    let hasOwnChannel: Bool
    let waiting = WaitingTasks()
    private let isWatched = Atomic<Bool>(false)

    init(device: DeviceShare, capacity: Int, channel: Device::CompletionChannel?) throws(RDMAError) {
        try device.checkOwner(.completionQueue)
        self.device = device
        hasOwnChannel = channel != nil
        do throws(VerbsErrno) {
            core = try device.context.createCompletionQueue(
                entries: Int32(clamping: capacity), channel: channel ?? device.channel, vector: 0)
        } catch {
            throw RDMAError(
                .completionQueue, errno: error,
                rule: "its capacity is 1 ... \(device.context.limits.maxCompletionQueueEntries), and \(capacity) was asked for",
                remedy: "Ask for a capacity in that range")
        }
    }

    deinit {
        if isWatched.load(ordering: .acquiring) { device.events.forget(core) }
        guard device.owner.isOwn else { return }
        // Refused only while queue pairs complete here, which would hold this share.
        try? core.destroy()
    }

    /// Lets the device's thread wake this queue's tasks from now on.
    func watch() {
        guard !isWatched.load(ordering: .acquiring) else { return }
        device.events.watch(core, waiting)
        isWatched.store(true, ordering: .releasing)
    }
}
