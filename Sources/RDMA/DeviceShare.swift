// DeviceShare.swift - what all holders of an opened device share.
//
// Owns: the opened device, the channel that asynchronous waiting uses, the thread that reads it. Closed when the last
// holder ends, so that nothing can outlive the device it was made from.

internal import Device
import Fabric
import Verbs

/// The opened device, kept by everything made from it.
final class DeviceShare: Sendable {
    let context: DeviceContext
    /// Reads zero in a forked child.
    let owner: OwnerWord
    /// Where completion queues without a channel of their own report.
    let channel: Device::CompletionChannel
    let events: EventThread

    init(_ description: DeviceDescription) throws(RDMAError) {
        do throws(VerbsErrno) {
            context = try DeviceContext.open(description)
            channel = try context.createCompletionChannel()
            events = try EventThread(context: context, channel: channel)
        } catch {
            throw RDMAError(
                .device, errno: error, rule: "\(description.name) cannot be opened", remedy: "`verbena doctor` says what is missing")
        }
        owner = context.process.owner
    }

    deinit {
        // A forked child shares the descriptors, and none of the memory.
        guard owner.isOwn else { return }
        events.stop()
        // Closing and destroying fail only for objects still in use, and those would hold this share.
        try? channel.destroy()
        try? context.close()
    }

    var globalIdentifiers: [GlobalIdentifier] {
        var found: [GlobalIdentifier] = []
        for index in 0..<Int(context.limits.gidTableLength) {
            guard let entry = try? context.queryGID(port: Self.port, index: index) else { break }
            found.append(entry.gid)
        }
        return found
    }

    /// The device has one port.
    static let port: UInt8 = 1

    /// Refuses what a forked child inherited.
    func checkOwner(_ object: RDMAError.Object) throws(RDMAError) {
        guard owner.isOwn else { throw RDMAError(object, errno: .noSuchDevice, rule: "", remedy: "") }
    }

    /// Traps in a forked child: polling there would take away the parent's completions.
    @inline(__always)
    static func requireOwner(_ owner: OwnerWord) {
        guard owner.isOwn else {
            Misuse.stop("objects belong to the process that made them: a forked child must open a Device of its own")
        }
    }
}
