// DeviceContext.swift - an opened device.
//
// Owns: the asynchronous event descriptor and queue, the GID table as it was at opening. Does not: own what was created
// in it; C programs destroy in their own order.
// C: struct ibv_context.
// Locking: `lock` guards the queue of events and the unpolled completion queue.

import Fabric
import Platform
import Verbs

/// An opened device.
public final class DeviceContext: @unchecked Sendable {
    public let description: DeviceDescription
    public let limits = DeviceLimits.standard
    public let asyncDescriptor: Int32
    /// How peers name that descriptor.
    let eventName: EventName
    public let process: DeviceProcess
    /// Counts the process's openings.
    let number: UInt32
    /// Whose handles it imports.
    let origin: ImportOrigin
    private let gids: GIDTable
    private let allDevices: [DeviceDescription]
    private let events: OwnedDescriptor
    private let lock = PrivateLock()
    private var localEvents: [AsyncEvent] = []
    private var unpolled: CompletionQueue?
    private var commandFile: OwnedDescriptor?
    /// What another process imports from, given a copy of it.
    public let commandDescriptor: Int32

    public static func open(_ description: DeviceDescription) throws(VerbsErrno) -> DeviceContext {
        let process = try DeviceProcess.shared()
        let number = process.newContext()
        let origin = ImportOrigin(peer: process.member.itself, word: process.importWord, context: number)
        let file = CommandFile(holder: process.holder, word: origin.word, device: description.index, context: number)
        do throws(SystemError) {
            let descriptor = try file.create()
            let context = try DeviceContext(description, process, number, origin, commandDescriptor: descriptor.number)
            context.commandFile = consume descriptor
            return context
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
    }

    /// A context on what another one has opened, of this process or of another one of the user.
    /// - Parameter descriptor: a copy of that one's command descriptor; it becomes the new context's unless this throws.
    /// - Throws: EINVAL for any other descriptor, ENODEV once that process has ended, or where this one has no such device.
    public static func imported(descriptor: Int32) throws(VerbsErrno) -> DeviceContext {
        guard let file = CommandFile(descriptor: descriptor) else { throw .invalidArgument }
        let process = try DeviceProcess.shared()
        let devices = DeviceCatalogue.devices()
        guard devices.indices.contains(file.device), let peer = process.member.peer(named: file.holder) else { throw .noSuchDevice }
        let origin = ImportOrigin(peer: peer, word: file.word, context: file.context)
        do throws(SystemError) {
            let context = try DeviceContext(devices[file.device], process, process.newContext(), origin, commandDescriptor: descriptor)
            context.commandFile = OwnedDescriptor(adopting: descriptor)
            return context
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
    }

    private init(
        _ description: DeviceDescription, _ process: DeviceProcess, _ number: UInt32, _ origin: ImportOrigin,
        commandDescriptor: Int32
    ) throws(SystemError) {
        self.process = process
        self.number = number
        self.origin = origin
        self.description = description
        gids = GIDTable(description)
        allDevices = DeviceCatalogue.devices()
        events = try EventDescriptor.create(semaphore: true)
        eventName = try process.member.events.register(events.number)
        self.commandDescriptor = commandDescriptor
        asyncDescriptor = events.number
        process.view.header.contexts.add(1)
    }

    deinit { process.member.events.withdraw(eventName) }

    public func close() throws(VerbsErrno) {
        lock.acquire()
        try? unpolled?.destroy()
        unpolled = nil
        commandFile = nil
        lock.release()
        process.view.header.contexts.add(UInt32.max)
    }

    public func queryPort(_ number: UInt8) throws(VerbsErrno) -> PortAttributes {
        guard number >= 1, number <= limits.portCount else { throw .invalidArgument }
        return PortAttributes(
            linkLayer: description.linkLayer, localIdentifier: description.localIdentifier, mtu: limits.activeMTU,
            gidTableLength: Int32(limits.gidTableLength), partitionKeyTableLength: limits.partitionKeyTableLength,
            maxMessageBytes: UInt32(limits.maxMessageBytes))
    }

    /// Nil: the table has no GID there.
    public func queryGID(port: UInt8, index: Int) throws(VerbsErrno) -> GIDEntry? {
        guard port >= 1, port <= limits.portCount, index >= 0, index < Int(limits.gidTableLength) else {
            throw .invalidArgument
        }
        return index < gids.entries.count ? gids.entries[index] : nil
    }

    public func queryPartitionKey(port: UInt8, index: Int) throws(VerbsErrno) -> UInt16 {
        guard port >= 1, port <= limits.portCount, index >= 0, index < Int(limits.partitionKeyTableLength) else {
            throw .invalidArgument
        }
        return 0xffff
    }

    func gid(at index: UInt8) -> GlobalIdentifier {
        Int(index) < gids.entries.count ? gids.entries[Int(index)].gid : .zero
    }

    /// The index of the device that a path leads to; nil when it leads nowhere on this fabric.
    func resolve(_ vector: AddressVector) -> UInt32? {
        if description.linkLayer == .ethernet || (vector.isGlobal && vector.destinationLocalIdentifier == 0) {
            // Every device of the host answers to the host's addresses; the link-local one tells them apart.
            if gids.contains(vector.destination) { return UInt32(description.index) }
            return allDevices.first { GIDTable($0).contains(vector.destination) }.map { UInt32($0.index) }
        }
        return allDevices.first { $0.localIdentifier == vector.destinationLocalIdentifier }.map { UInt32($0.index) }
    }

    /// The clock that stamps completions, now.
    public var clock: UInt64 { Clock.monotonicNanoseconds() }

    public func allocateProtectionDomain() throws(VerbsErrno) -> ProtectionDomain {
        try ProtectionDomain(context: self)
    }

    public func createCompletionChannel() throws(VerbsErrno) -> CompletionChannel { try CompletionChannel(context: self) }

    public func createCompletionQueue(
        entries: Int32, channel: CompletionChannel?, vector: Int32, fields: CompletionFields = .standard,
        flags: CompletionQueueFlags = [], parentDomain: ProtectionDomain? = nil
    ) throws(VerbsErrno) -> CompletionQueue {
        try CompletionQueue(
            context: self, entries: entries, channel: channel, vector: vector, fields: fields, flags: flags,
            parentDomain: parentDomain)
    }

    /// - Parameter alignmentShift: the memory begins at a multiple of two to this power.
    public func allocateDeviceMemory(byteCount: UInt64, alignmentShift: UInt32) throws(VerbsErrno) -> DeviceMemory {
        try DeviceMemory(context: self, byteCount: byteCount, alignmentShift: alignmentShift)
    }

    /// Device memory of the opened device that this context was made from.
    public func importDeviceMemory(handle: UInt32) throws(VerbsErrno) -> DeviceMemory {
        try DeviceMemory(importing: handle, in: self)
    }

    public func allocateThreadDomain() throws(VerbsErrno) -> ThreadDomain { ThreadDomain() }

    /// A domain that stands for `domain`, and for a thread's promise about what is made on it.
    public func allocateParentDomain(
        of domain: ProtectionDomain, thread: ThreadDomain?
    ) throws(VerbsErrno) -> ProtectionDomain {
        guard domain.context === self else { throw .invalidArgument }
        return ProtectionDomain(parentOf: domain, thread: thread)
    }

    /// The halves of extended connections lack one or both completion queues. This one stands in: nothing completes there.
    func unpolledQueue() throws(VerbsErrno) -> CompletionQueue {
        lock.acquire()
        defer { lock.release() }
        if let unpolled { return unpolled }
        let queue = try CompletionQueue(
            context: self, entries: 1, channel: nil, vector: 0, fields: [], flags: [], parentDomain: nil, isSpare: true)
        unpolled = queue
        return queue
    }

    /// - Parameter descriptor: of the file that stands for the domain; nil for a domain that is not shared.
    public func openXRCDomain(
        descriptor: Int32?, mayCreate: Bool, mustCreate: Bool
    ) throws(VerbsErrno) -> XRCDomain {
        try XRCDomain(context: self, descriptor: descriptor, mayCreate: mayCreate, mustCreate: mustCreate)
    }

    /// Queues an event that this process itself found.
    func raise(_ event: AsyncEvent) {
        lock.withLock { localEvents.append(event) }
        _ = EventDescriptor.signal(asyncDescriptor)
    }

    /// The next event; waits for it, or throws EAGAIN, as the descriptor's flags say.
    public func nextAsyncEvent() throws(VerbsErrno) -> AsyncEvent {
        while true {
            if let event = try takeAsyncEvent() { return event }
        }
    }

    /// Takes one event, waiting as `nextAsyncEvent` does; nil: its object is gone.
    public func takeAsyncEvent() throws(VerbsErrno) -> AsyncEvent? {
        do {
            _ = try EventDescriptor.consume(asyncDescriptor)
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
        return pendingEvent()
    }

    private func pendingEvent() -> AsyncEvent? {
        if let local = lock.withLock({ localEvents.isEmpty ? nil : localEvents.removeFirst() }) { return local }
        // A queue's error comes before what it did to the queue pairs that complete there.
        for queue in process.completionQueues.all() where queue.context === self {
            if let type = Self.takeEvent(queue.entry.events, about: .completionQueue) { return AsyncEvent(type: type, element: .completionQueue(queue)) }
        }
        for queuePair in process.queuePairs.all() where queuePair.context === self {
            if let type = Self.takeEvent(queuePair.entry.events, about: .queuePair) { return AsyncEvent(type: type, element: .queuePair(queuePair)) }
        }
        for queue in process.sharedReceiveQueues.all() where queue.context === self {
            if let type = Self.takeEvent(queue.entry.events, about: .sharedReceiveQueue) { return AsyncEvent(type: type, element: .sharedReceiveQueue(queue)) }
        }
        return nil
    }

    /// Takes one bit out of an event word. A program acknowledges an event by its type, so that one about another kind of
    /// object, which only a broken peer could have set here, must not get through.
    private static func takeEvent(_ word: SharedWord32, about subject: AsyncEventType.Subject) -> AsyncEventType? {
        for type in AsyncEventType.allCases where type.subject == subject {
            let bit: UInt32 = 1 << UInt32(type.rawValue)
            if word.acquire() & bit != 0, word.clear(bits: bit) & bit != 0 { return type }
        }
        return nil
    }
}
