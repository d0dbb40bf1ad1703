// QueuePair+Connect.swift - from RESET to RTS.
//
// Owns: the usual attributes, and which of them each step names. Does not: decide which steps are legal (Verbs).
// Spec: IBA vol 1, 10.3.1, 11.2.5.2.   C: ibv_modify_qp(3).

internal import Device
@_exported public import struct Verbs.AddressVector
@_exported public import struct Verbs.QueuePairAttributeMask
import Verbs

extension QueuePair {
    /// Connects to a peer's queue pair of the same type: RESET, INIT, RTR, RTS.
    ///
    /// Both sides connect, each to the other's endpoint, in any order: a request posted before the peer has connected is
    /// retried, for about eight seconds with the usual attributes; one that finds no receive posted, for ever.
    /// - Parameters:
    ///   - peer: the peer's ``endpoint``.
    ///   - adjust: changes the usual attributes before they are set: `connect(to: peer) { $0.timeout = 14 }`.
    /// - Throws: ``RDMAError/Kind/wrongState`` unless the queue pair is new (or was moved back to RESET);
    ///   ``RDMAError/Kind/invalidArgument`` for attributes out of range, and for datagram queue pairs, which
    ///   ``activate(adjusting:)``.
    public func connect(
        to peer: Endpoint, adjusting adjust: (inout QueuePairAttributes) -> Void = { _ in }
    ) throws(RDMAError) {
        guard type.isConnected else {
            throw RDMAError(
                .queuePair, .invalidArgument, rule: "a datagram queue pair has no peer of its own",
                remedy: "Use activate(), and name the peer with each datagram")
        }
        var attributes = usualAttributes
        attributes.addressVector = peer.path
        attributes.destinationQueuePair = peer.queuePair
        attributes.receivePSN = peer.packetSequenceNumber
        adjust(&attributes)
        try takeSteps(attributes)
    }

    /// Makes a datagram queue pair ready: RESET, INIT, RTR, RTS.
    /// - Parameter adjust: changes the usual attributes before they are set.
    /// - Throws: ``RDMAError/Kind/wrongState`` unless the queue pair is new (or was moved back to RESET);
    ///   ``RDMAError/Kind/invalidArgument`` for attributes out of range, and for connected queue pairs.
    public func activate(adjusting adjust: (inout QueuePairAttributes) -> Void = { _ in }) throws(RDMAError) {
        guard !type.isConnected else {
            throw RDMAError(
                .queuePair, .invalidArgument, rule: "a connected queue pair needs a peer", remedy: "Use connect(to:)")
        }
        var attributes = usualAttributes
        adjust(&attributes)
        try takeSteps(attributes)
    }

    /// Changes state and attributes as the specification's tables allow: the full path, for programs that need it.
    /// - Parameters:
    ///   - attributes: the values.
    ///   - mask: which of them are meant.
    /// - Throws: ``RDMAError/Kind/invalidArgument`` for an illegal transition, a missing or surplus attribute, or a value out
    ///   of range; nothing changes then.
    public func modify(_ attributes: QueuePairAttributes, _ mask: QueuePairAttributeMask) throws(RDMAError) {
        try domain.device.checkOwner(.queuePair)
        let before = state
        do throws(VerbsErrno) {
            try core.modify(attributes, mask: mask)
        } catch {
            let to = mask.contains(.state) ? attributes.state : before
            throw RDMAError(
                .queuePair, errno: error, rule: "\(type) allows from \(before) to \(to) only certain attributes and values (IBA 11.2.5.2)",
                remedy: "Name what that step requires, with values in range")
        }
    }

    /// What most programs set. Rights are all granted: those of the memory decide.
    private var usualAttributes: QueuePairAttributes {
        var attributes = QueuePairAttributes()
        attributes.port = DeviceShare.port
        attributes.accessFlags = [.remoteWrite, .remoteRead, .remoteAtomic]
        attributes.queueKey = endpoint.queueKey
        attributes.sendPSN = endpoint.packetSequenceNumber
        attributes.pathMTU = domain.device.context.limits.activeMTU
        attributes.maxResponderResources = domain.device.context.limits.maxReadAtomicPerQueuePair
        attributes.maxInitiatorDepth = domain.device.context.limits.maxReadAtomicPerQueuePair
        // 10 µs; then a timeout of a second, seven times; then a missing receive, for ever.
        attributes.minReceiverNotReadyTimer = 1
        attributes.timeout = 18
        attributes.retryCount = 7
        attributes.receiverNotReadyRetry = 7
        return attributes
    }

    private func takeSteps(_ attributes: QueuePairAttributes) throws(RDMAError) {
        guard state == .reset else {
            throw RDMAError(
                .queuePair, .wrongState, rule: "\(number.rawValue) is in state \(state), and connecting begins in reset",
                remedy: "Make a new queue pair, or move this one back to reset with modify")
        }
        var attributes = attributes
        for (state, mask) in Self.steps(type) {
            attributes.state = state
            try modify(attributes, mask)
        }
    }

    /// The three steps of a type, and what each must name.
    private static func steps(_ type: QueuePairType) -> [(QueuePairState, QueuePairAttributeMask)] {
        var initialize: QueuePairAttributeMask = [.state, .partitionKeyIndex, .port]
        var receive: QueuePairAttributeMask = [.state]
        var send: QueuePairAttributeMask = [.state, .sendPSN]
        initialize.insert(type.isConnected ? .accessFlags : .queueKey)
        if type.isConnected { receive.formUnion([.addressVector, .pathMTU, .destinationQueuePair, .receivePSN]) }
        if type == .reliableConnection {
            receive.formUnion([.maxResponderResources, .minReceiverNotReadyTimer])
            send.formUnion([.timeout, .retryCount, .receiverNotReadyRetry, .maxInitiatorDepth])
        }
        return [(.initialized, initialize), (.readyToReceive, receive), (.readyToSend, send)]
    }
}
