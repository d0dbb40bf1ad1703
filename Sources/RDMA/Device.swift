// Device.swift - an opened device: where every program begins.
//
// Owns: a share of the opened device, which everything made from it holds too. Does not: do any work.
// Spec: IBA vol 1, 11.2.1.   C: struct ibv_context; ibv_open_device(3).

internal import Device
@_exported public import struct Verbs.DeviceLimits
@_exported public import struct Verbs.GlobalIdentifier
@_exported public import enum Verbs.LinkLayer

/// An opened RDMA device.
///
/// ```swift
/// let device = try Device()
/// let domain = try device.makeProtectionDomain()
/// let queue = try device.makeCompletionQueue()
/// ```
///
/// The device stays open for as long as this value, or anything made from it, exists. It belongs to the process that
/// opened it: in a forked child every call on it throws or traps, and the child may open one afresh.
public struct Device: ~Copyable, Sendable {
    let share: DeviceShare

    /// The names of the devices of this machine, in order: `verbena0` and so on. Empty if the environment variable
    /// `VERBENA_DEVICES` asks for none.
    public static var names: [String] { DeviceCatalogue.devices().map(\.name) }

    /// Opens the first device.
    /// - Throws: ``RDMAError/Kind/noDevice`` if there is none; the system's refusal if the process cannot join the fabric.
    public init() throws(RDMAError) {
        guard let first = DeviceCatalogue.devices().first else {
            throw RDMAError(
                .device, .noDevice, rule: "this machine offers no device", remedy: "Let VERBENA_DEVICES be unset, or at least 1")
        }
        share = try DeviceShare(first)
    }

    /// Opens the device of a name.
    /// - Throws: ``RDMAError/Kind/noDevice`` if none is called so; the system's refusal if the process cannot join the fabric.
    public init(named name: String) throws(RDMAError) {
        let devices = DeviceCatalogue.devices()
        guard let found = devices.first(where: { $0.name == name }) else {
            let names = devices.map(\.name).joined(separator: ", ")
            throw RDMAError(.device, .noDevice, rule: "no device is called \(name)", remedy: "There are: \(names)")
        }
        share = try DeviceShare(found)
    }

    /// `verbena0`, `verbena1`, …
    public var name: String { share.context.description.name }

    /// Whether peers are addressed by GID (Ethernet) or by LID (InfiniBand). ``QueuePair/endpoint`` has both.
    public var linkLayer: LinkLayer { share.context.description.linkLayer }

    /// How much of everything the device has. Asking for more is refused; nothing is ever made smaller than asked for.
    public var limits: DeviceLimits { share.context.limits }

    /// The GIDs of the device's port, in the order of their indices. The first is link-local, and always there.
    public var globalIdentifiers: [GlobalIdentifier] { share.globalIdentifiers }

    /// Makes a protection domain: what ties queue pairs to the memory they may use.
    /// - Throws: ``RDMAError/Kind/outOfResources``.
    public func makeProtectionDomain() throws(RDMAError) -> ProtectionDomain {
        ProtectionDomain(share: try DomainShare(device: share))
    }

    /// Makes a completion queue, for polling and for `await`.
    /// - Parameter capacity: how many completions may wait to be polled, 1 ... ``limits``'
    ///   `maxCompletionQueueEntries`. A queue that overflows goes into error, and its queue pairs with it: make room for
    ///   every request that may be outstanding at once.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` for the capacity, ``RDMAError/Kind/outOfResources``.
    public func makeCompletionQueue(capacity: Int = 256) throws(RDMAError) -> CompletionQueue {
        CompletionQueue(share: try QueueShare(device: share, capacity: capacity, channel: nil))
    }

    /// Makes a completion queue that reports to a channel, for threads that block and for event loops.
    /// - Throws: as ``makeCompletionQueue(capacity:)``.
    public func makeCompletionQueue(
        capacity: Int = 256, notifying channel: borrowing CompletionChannel
    ) throws(RDMAError) -> CompletionQueue {
        CompletionQueue(share: try QueueShare(device: share, capacity: capacity, channel: channel.core))
    }

    /// Makes a completion channel.
    /// - Throws: ``RDMAError/Kind/outOfResources`` when the process has no descriptor left.
    public func makeCompletionChannel() throws(RDMAError) -> CompletionChannel { try CompletionChannel(device: share) }

    /// The next asynchronous event of the device: a queue pair that failed, a shared receive queue that runs low, …
    ///
    /// Waits without blocking a thread. Events that came before the first call are kept; each is given to one caller.
    /// - Returns: nil when the task is cancelled.
    public func nextEvent() async -> DeviceEvent? { await share.events.nextEvent() }
}
