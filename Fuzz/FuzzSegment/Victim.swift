// Victim.swift - the objects of this process that have to do with the hostile peer, and what a program does with them.
//
// Owns: one queue pair of any type, its queues and its memory. Registered is the middle of the memory; what stands around
// it is secret, and must neither change nor leave.

@testable import Device
@testable import Fabric
import CFuzzer
import Fuzzing
import Glibc
import Platform
import Verbs

/// A program with one queue pair.
final class Victim {
    nonisolated(unsafe) static var ownHolder: UInt64 = 0
    static let secret: UInt64 = 0x9d17_62ab_50e4_c83f
    static let arena = Arena()
    static let pageBytes = Arena.pageBytes
    /// Pages 4 ..< 12 of the arena are registered.
    static let registered = 4 * pageBytes..<12 * pageBytes

    let context: DeviceContext
    let domain: ProtectionDomain
    let channel: CompletionChannel
    let queue: CompletionQueue
    let shared: SharedReceiveQueue?
    let pair: QueuePair
    let region: MemoryRegion
    /// One of each type.
    let windows: [MemoryWindow]
    /// Where the pair is the sending half of an extended connection.
    let extended: ExtendedObjects?
    private let handle: AddressHandle
    private var extra: MemoryRegion?

    init(_ context: DeviceContext, type: QueuePairType, sharesReceives: Bool) throws {
        self.context = context
        domain = try context.allocateProtectionDomain()
        channel = try context.createCompletionChannel()
        _ = fcntl(channel.descriptor, F_SETFL, O_NONBLOCK)
        queue = try context.createCompletionQueue(entries: 16, channel: channel, vector: 0)
        shared = sharesReceives ? try domain.createSharedReceiveQueue(workRequests: 8, elements: 2, limit: 0) : nil
        var capabilities = QueuePairCapabilities()
        capabilities.sendWorkRequests = 8
        capabilities.receiveWorkRequests = type.hasReceiveQueue ? 8 : 0
        capabilities.sendElements = 3
        capabilities.receiveElements = type.hasReceiveQueue ? 2 : 0
        capabilities.inlineData = 64
        pair = try domain.createQueuePair(
            type: type, capabilities: capabilities, sendQueue: queue,
            receiveQueue: type.hasReceiveQueue ? queue : nil, sharedReceiveQueue: shared, signalAll: false)
        extended = type.isExtended ? try ExtendedObjects(context, domain, queue) : nil
        let start = Self.arena.address + UInt64(Self.registered.lowerBound)
        region = try domain.registerMemory(
            address: start, byteCount: UInt64(Self.registered.count), ioVirtualAddress: start,
            access: [.localWrite, .remoteRead, .remoteWrite, .remoteAtomic, .memoryWindowBind])
        windows = [try domain.allocateMemoryWindow(.type1), try domain.allocateMemoryWindow(.type2)]
        handle = try domain.createAddressHandle(Self.path(context))
    }

    static func path(_ context: DeviceContext) -> AddressVector {
        var path = AddressVector()
        path.isGlobal = true
        path.portNumber = 1
        path.destination = (try? context.queryGID(port: 1, index: 0))?.gid ?? .zero
        return path
    }

    /// What an input left in the registered part is not to be found by the next one.
    static func forgetBytes() { memset(arena.base + registered.lowerBound, 0, registered.count) }

    static func hideSecrets() {
        for offset in stride(from: 0, to: Arena.writablePages * pageBytes, by: 8) {
            arena.base.storeBytes(of: registered.contains(offset) ? 0 : secret, toByteOffset: offset, as: UInt64.self)
        }
    }

    /// Whether nothing outside the registered part has changed.
    static var secretsStand: Bool {
        let ends = [0..<registered.lowerBound, registered.upperBound..<Arena.writablePages * pageBytes]
        return ends.allSatisfy { range in
            fuzz_is_full_of(arena.base + range.lowerBound, range.count, secret) != 0
        }
    }

    /// Brings the pair to RTS, connected to the peer.
    func connect() {
        var attributes = QueuePairAttributes()
        attributes.state = .initialized
        attributes.port = 1
        attributes.queueKey = 5
        attributes.accessFlags = [.remoteWrite, .remoteRead, .remoteAtomic]
        let isDatagram = pair.type == .unreliableDatagram, isReliable = pair.type.isReliable
        try? pair.modify(attributes, mask: [.state, .partitionKeyIndex, .port, isDatagram ? .queueKey : .accessFlags])
        attributes.state = .readyToReceive
        attributes.pathMTU = 5
        attributes.destinationQueuePair = HostilePeer.number
        attributes.maxResponderResources = 1
        attributes.maxInitiatorDepth = 1
        attributes.minReceiverNotReadyTimer = 1
        attributes.addressVector = Self.path(context)
        var mask: QueuePairAttributeMask = [.state]
        if !isDatagram { mask.formUnion([.addressVector, .pathMTU, .destinationQueuePair, .receivePSN]) }
        if pair.type == .reliableConnection { mask.formUnion([.maxResponderResources, .minReceiverNotReadyTimer]) }
        try? pair.modify(attributes, mask: mask)
        attributes.state = .readyToSend
        attributes.timeout = 1
        mask = [.state, .sendPSN]
        if isReliable { mask.formUnion([.timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth]) }
        try? pair.modify(attributes, mask: mask)
    }

    private func elements(_ input: inout ByteSource) -> [ScatterGatherElement] {
        (0..<input.choice(4)).map { _ in
            let offset = UInt64(input.number(bytes: 2)) % UInt64(Self.registered.count)
            let length = [8, 80, 600, 9000][input.choice(4)] &+ Int(input.byte())
            return ScatterGatherElement(
                address: region.address + offset, length: UInt32(length), localKey: region.key)
        }
    }

    func send(_ input: inout ByteSource) {
        let opcodes: [SendOpcode] = [
            .send, .sendWithImmediate, .rdmaWrite, .rdmaWriteWithImmediate, .rdmaRead, .compareAndSwap, .fetchAndAdd,
            .sendWithInvalidate, .localInvalidate, .bindMemoryWindow, .atomicWrite,
        ]
        let opcode = opcodes[input.choice(opcodes.count)]
        var list = elements(&input)
        if opcode.movesWord { list = [ScatterGatherElement(address: region.address, length: 8, localKey: region.key)] }
        list.withUnsafeBufferPointer { list in
            var request = SendRequest(
                workRequestID: 1, elements: list.baseAddress, elementCount: Int32(list.count),
                opcode: UInt32(opcode.rawValue), flags: SendFlags(rawValue: UInt32(input.byte() & 7)))
            request.remoteAddress = input.byte() & 7 == 0 ? input.word() : UInt64(input.number(bytes: 2)) & ~7 % (32 << 10)
            request.remoteKey = MemoryKey(index: UInt32(1 + input.choice(3)), generation: 1)
            request.compareAdd = 1
            request.remoteSharedReceiveQueue = SharedReceiveQueueNumber(rawValue: HostilePeer.block * 256 + UInt32(input.byte() & 1))
            if opcode == .localInvalidate { request.immediate = windows[1].remoteKey.rawValue }
            if opcode == .bindMemoryWindow { setBind(of: &request, &input) }
            request.remoteQueuePair = HostilePeer.number
            request.remoteQueueKey = 5
            if pair.type == .unreliableDatagram { request.addressHandle = Unmanaged.passUnretained(handle) }
            _ = pair.postSend(request)
        }
    }

    private func setBind(of request: inout SendRequest, _ input: inout ByteSource) {
        let window = windows[input.choice(2)], old = window.remoteKey
        let binding = MemoryWindowBinding(
            start: region.address &+ input.number(bytes: 2), length: input.number(bytes: 2),
            access: AccessFlags(rawValue: UInt32(input.byte() & 15)))
        request.setBind(
            window.kind, newKey: MemoryKey(index: old.index, generation: UInt8(truncatingIfNeeded: old.rawValue) &+ 1),
            region: region.key, binding)
    }

    /// A key of ours, mostly a live one.
    func anyKey(_ input: inout ByteSource) -> MemoryKey {
        switch input.byte() & 7 {
        case 0: MemoryKey(rawValue: UInt32(truncatingIfNeeded: input.word()))
        case 1: windows[0].remoteKey
        case 2, 3: windows[1].remoteKey
        default: region.key
        }
    }

    func ownKeyEntry(_ input: inout ByteSource) -> KeyEntry? { pair.view.key(anyKey(&input)) }

    func receive(_ input: inout ByteSource) {
        let list = elements(&input)
        list.withUnsafeBufferPointer {
            if let shared = shared ?? extended?.shared {
                _ = shared.postReceive(workRequestID: 2, elements: $0.baseAddress, count: Int32($0.count))
            } else {
                _ = pair.postReceive(workRequestID: 2, elements: $0.baseAddress, count: Int32($0.count))
            }
        }
    }

    func poll(_ input: inout ByteSource) {
        let empty = Completion(
            workRequestID: 0, status: .success, opcode: 0, byteCount: 0, immediate: 0, queuePair: QueuePairNumber(rawValue: 0),
            sourceQueuePair: 0, flags: [])
        var output = [Completion](repeating: empty, count: 8)
        let count = Int32(1 + input.choice(8))
        let found = output.withUnsafeMutableBufferPointer { queue.poll($0.baseAddress!, count) }
        Fuzzing.require(found >= 0 && found <= count, "\(found) completions of \(count)")
    }

    /// A completion that no message made, with fields that mostly fit.
    func forgeCompletion(_ input: inout ByteSource) {
        let place = queue.entry.tail.load()
        let slot = queue.ring.slot(place)
        slot.queuePair.store(input.byte() & 7 == 0 ? UInt32(truncatingIfNeeded: input.word()) : UInt32(pair.index))
        slot.epoch.store(pair.epoch)
        let kind = input.byte()
        if kind & 0x40 != 0, let shared = extended?.shared {
            slot.queuePair.store(UInt32(shared.index))
            slot.epoch.store(shared.entry.epoch.load())
        }
        slot.header.store(
            UInt32(input.byte() & 31) | UInt32(input.byte()) << 8 | UInt32(input.byte() & 15) << 16 | UInt32(kind & 0x73) << 24)
        slot.immediate.store(anyKey(&input).rawValue)
        slot.position.store(UInt32(truncatingIfNeeded: input.byte() & 1 == 0 ? UInt64(input.byte() & 7) : input.word()))
        slot.byteCount.store(UInt32(truncatingIfNeeded: input.word()))
        slot.identifier.store(input.word())
        slot.sequence.publish(place &+ 1)
        queue.entry.tail.store(place &+ 1)
    }

    func modify(_ input: inout ByteSource) {
        var attributes = QueuePairAttributes()
        attributes.state = [.error, .reset, .readyToSend, .sendQueueDrained][input.choice(4)]
        try? pair.modify(attributes, mask: .state)
        if attributes.state == .reset { connect() }
        _ = pair.query()
    }

    func takeEvents() {
        _ = queue.requestNotification(solicitedOnly: false)
        _ = try? channel.nextEvent()
        if let event = try? context.nextAsyncEvent() {
            switch event.element {
            case .completionQueue: Fuzzing.require(event.type.subject == .completionQueue, "\(event.type) of a completion queue")
            case .queuePair: Fuzzing.require(event.type.subject == .queuePair, "\(event.type) of a queue pair")
            case .sharedReceiveQueue: Fuzzing.require(event.type.subject == .sharedReceiveQueue, "\(event.type) of a shared queue")
            default: break
            }
        }
    }

    /// Registers one more region, or withdraws it, which waits for posters.
    func toggleRegion() {
        if let known = extra {
            try? known.deregister()
            extra = nil
        } else {
            extra = try? domain.registerMemory(
                address: region.address, byteCount: 4096, ioVirtualAddress: region.address, access: .localWrite)
        }
    }

    func end() {
        do {
            try extra?.deregister()
            try pair.destroy()
            try extended?.end()
            try shared?.destroy()
            for window in windows { window.deallocate() }
            try handle.destroy()
            try queue.destroy()
            try channel.destroy()
            try region.deregister()
            try domain.deallocate()
        } catch {
            fatalError("what nothing depends on cannot be destroyed: \(error)")
        }
    }
}
