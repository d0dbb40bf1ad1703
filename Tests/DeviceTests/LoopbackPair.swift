// LoopbackPair.swift - two connected queue pairs of one process, with memory, for tests of the device.

import Device
import Verbs

/// Two connected queue pairs, A and B, each with its own completion queue.
@safe
final class LoopbackPair {
    let context: DeviceContext
    let domain: ProtectionDomain
    let queueA: CompletionQueue
    let queueB: CompletionQueue
    let a: QueuePair
    let b: QueuePair
    let memory: UnsafeMutableRawPointer
    let region: MemoryRegion
    static let byteCount = 1 << 20

    init(
        type: QueuePairType = .reliableConnection, access: AccessFlags = [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic],
        queuePairAccess: AccessFlags = [.remoteWrite, .remoteRead, .remoteAtomic], rnrRetry: UInt8 = 0
    ) throws {
        context = try DeviceContext.open(DeviceCatalogue.devices()[0])
        domain = try context.allocateProtectionDomain()
        queueA = try context.createCompletionQueue(entries: 64, channel: nil, vector: 0)
        queueB = try context.createCompletionQueue(entries: 64, channel: nil, vector: 0)
        var capabilities = QueuePairCapabilities()
        capabilities.sendWorkRequests = 16
        capabilities.receiveWorkRequests = 16
        capabilities.sendElements = 4
        capabilities.receiveElements = 4
        capabilities.inlineData = 128
        a = try domain.createQueuePair(
            type: type, capabilities: capabilities, sendQueue: queueA, receiveQueue: queueA, sharedReceiveQueue: nil,
            signalAll: false)
        b = try domain.createQueuePair(
            type: type, capabilities: capabilities, sendQueue: queueB, receiveQueue: queueB, sharedReceiveQueue: nil,
            signalAll: false)
        unsafe memory = .allocate(byteCount: Self.byteCount, alignment: 4096)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
        region = try domain.registerMemory(
            address: unsafe UInt64(UInt(bitPattern: memory)), byteCount: UInt64(Self.byteCount),
            ioVirtualAddress: unsafe UInt64(UInt(bitPattern: memory)), access: access)
        try Self.connect(a, to: b, context, queuePairAccess, rnrRetry)
        try Self.connect(b, to: a, context, queuePairAccess, rnrRetry)
    }

    private static func connect(
        _ queuePair: QueuePair, to peer: QueuePair, _ context: DeviceContext, _ access: AccessFlags, _ rnrRetry: UInt8
    ) throws {
        let isReliable = queuePair.type == .reliableConnection
        var attributes = QueuePairAttributes()
        attributes.state = .initialized
        attributes.port = 1
        attributes.accessFlags = access
        try queuePair.modify(attributes, mask: [.state, .partitionKeyIndex, .port, .accessFlags])
        attributes.state = .readyToReceive
        attributes.pathMTU = 5
        attributes.destinationQueuePair = peer.number
        attributes.maxResponderResources = 4
        attributes.maxInitiatorDepth = 4
        attributes.minReceiverNotReadyTimer = 1
        attributes.addressVector.isGlobal = true
        attributes.addressVector.portNumber = 1
        attributes.addressVector.destination = try context.queryGID(port: 1, index: 0)?.gid ?? .zero
        var mask: QueuePairAttributeMask = [.state, .addressVector, .pathMTU, .destinationQueuePair, .receivePSN]
        if isReliable { mask.formUnion([.maxResponderResources, .minReceiverNotReadyTimer]) }
        try queuePair.modify(attributes, mask: mask)
        attributes.state = .readyToSend
        attributes.timeout = 10
        attributes.retryCount = 1
        attributes.receiverNotReadyRetry = rnrRetry
        mask = [.state, .sendPSN]
        if isReliable { mask.formUnion([.timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth]) }
        try queuePair.modify(attributes, mask: mask)
    }

    func address(_ offset: Int) -> UInt64 { unsafe UInt64(UInt(bitPattern: memory + offset)) }

    func element(_ offset: Int, _ length: Int) -> ScatterGatherElement {
        ScatterGatherElement(address: address(offset), length: UInt32(length), localKey: region.key)
    }

    func fill(_ offset: Int, _ length: Int, seed: UInt8) {
        for index in 0..<length { unsafe memory.storeBytes(of: seed &+ UInt8(truncatingIfNeeded: index &* 7), toByteOffset: offset + index, as: UInt8.self) }
    }

    func holds(_ offset: Int, _ length: Int, seed: UInt8) -> Bool {
        (0..<length).allSatisfy { unsafe memory.load(fromByteOffset: offset + $0, as: UInt8.self) == seed &+ UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    func send(
        _ opcode: SendOpcode, _ elements: [ScatterGatherElement], flags: SendFlags = .signaled, identifier: UInt64 = 1,
        remote: Int = 0, remoteAddress: UInt64? = nil, key: MemoryKey? = nil, compareAdd: UInt64 = 0, swap: UInt64 = 0, immediate: UInt32 = 0
    ) -> Int32 {
        unsafe elements.withUnsafeBufferPointer { list in
            var request = unsafe SendRequest(
                workRequestID: identifier, elements: list.baseAddress, elementCount: Int32(list.count),
                opcode: UInt32(opcode.rawValue), flags: flags)
            request.remoteAddress = remoteAddress ?? address(remote)
            request.remoteKey = key ?? region.key
            request.compareAdd = compareAdd
            request.swap = swap
            request.immediate = immediate
            return a.postSend(request)
        }
    }

    func receive(_ elements: [ScatterGatherElement], identifier: UInt64 = 2) -> Int32 {
        unsafe elements.withUnsafeBufferPointer {
            unsafe b.postReceive(workRequestID: identifier, elements: $0.baseAddress, count: Int32($0.count))
        }
    }

    /// Polls once for at most `count` completions.
    func poll(_ queue: CompletionQueue, _ count: Int) -> [Completion] {
        let none = Completion(
            workRequestID: 0, status: .generalError, opcode: 0, byteCount: 0, immediate: 0,
            queuePair: QueuePairNumber(rawValue: 0), sourceQueuePair: 0, flags: [])
        var output = [Completion](repeating: none, count: count)
        let found = unsafe output.withUnsafeMutableBufferPointer {
            unsafe queue.poll($0.baseAddress.unsafelyUnwrapped, Int32(count))
        }
        return Array(output.prefix(Int(found)))
    }

    /// Polls until one completion came; nil after a generous number of tries.
    func completion(_ queue: CompletionQueue) -> Completion? {
        var one = Completion(
            workRequestID: 0, status: .generalError, opcode: 0, byteCount: 0, immediate: 0,
            queuePair: QueuePairNumber(rawValue: 0), sourceQueuePair: 0, flags: [])
        for _ in 0..<20_000_000 where unsafe queue.poll(&one, 1) == 1 { return one }
        return nil
    }

    deinit {
        try? a.destroy()
        try? b.destroy()
        try? region.deregister()
        try? queueA.destroy()
        try? queueB.destroy()
        try? domain.deallocate()
        try? context.close()
        unsafe memory.deallocate()
    }
}
