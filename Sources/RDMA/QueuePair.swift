// QueuePair.swift - a queue pair: what programs post to.
//
// Owns: the queue pair, destroyed when the value ends; a share of its domain and of the queues that it completes in.
// Configuration is in `+Configuration`, connecting in `+Connect`, posting in `+Send`, `+OneSided`, `+Atomic`, `+Receive`;
// what a refused post tells, in `+Refusals`.
// Spec: IBA vol 1, 10.2.4.   C: struct ibv_qp; ibv_create_qp(3), ibv_query_qp(3).
// Locking: any number of threads and tasks may post; requests of one thread keep their order.

internal import Device
import Fabric
@_exported public import struct Verbs.QueuePairAttributes
@_exported public import struct Verbs.QueuePairCapabilities
@_exported public import enum Verbs.QueuePairState
@_exported public import enum Verbs.QueuePairType
import Verbs

/// A queue pair: a send queue and a receive queue, connected to a peer's.
///
/// ```swift
/// let queuePair = try domain.makeQueuePair(completions: queue)
/// print(queuePair.endpoint)                               // tell the peer
/// try queuePair.connect(to: peersEndpoint)                // INIT, RTR, RTS
/// try queuePair.postSend(region, 0..<64)                  // runs by itself …
/// try queue.spin().requireSuccess()                       // … and reports here
/// ```
///
/// The value owns the queue pair: when it ends, the peer's requests find nobody, and completions not yet polled are
/// dropped. It keeps its protection domain and its completion queues alive.
public struct QueuePair: ~Copyable, Sendable {
    let core: Device::QueuePair
    let domain: DomainShare
    /// The queues that it completes in, and takes receives from, live as long as it does.
    private let configuration: Configuration
    let owner: OwnerWord
    /// How peers reach it. Pass it to one of them, as text or otherwise.
    public let endpoint: Endpoint

    init(domain: DomainShare, _ configuration: Configuration) throws(RDMAError) {
        try domain.device.checkOwner(.queuePair)
        guard configuration.isOf(domain.device) else {
            throw RDMAError(
                .queuePair, .invalidArgument, rule: "its queues belong to another opened device",
                remedy: "Make domain, completion queues and shared receive queue from one Device value")
        }
        do throws(VerbsErrno) {
            core = try domain.core.createQueuePair(
                type: configuration.type, capabilities: configuration.capabilities,
                sendQueue: configuration.sendQueue.core, receiveQueue: configuration.receiveQueue.core,
                sharedReceiveQueue: configuration.sharedReceives?.core, signalAll: configuration.signalsEverySend)
        } catch {
            let limits = domain.device.context.limits
            throw RDMAError(
                .queuePair, errno: error,
                rule: "a queue holds at most \(limits.maxQueuePairWorkRequests) requests of \(limits.maxScatterGather) pieces,"
                    + " and \(limits.maxInlineBytes) bytes inline",
                remedy: "Ask for smaller capabilities")
        }
        self.domain = domain
        self.configuration = configuration
        owner = domain.device.owner
        endpoint = Endpoint(
            queuePair: core.number, packetSequenceNumber: .random(in: 0...0xff_ffff),
            localIdentifier: domain.device.context.description.localIdentifier,
            globalIdentifier: domain.device.globalIdentifiers.first ?? .zero,
            // The upper half of the queue keys is for privileged programs.
            queueKey: core.type == .unreliableDatagram ? .random(in: 1...0x7fff_ffff) : 0)
    }

    deinit {
        guard owner.isOwn else { return }
        // Cannot be refused: nothing depends on a queue pair but its peers.
        try? core.destroy()
    }

    /// Ends the queue pair now. Without this call it ends where its variable does.
    public consuming func destroy() {}

    /// The number that completions and peers name it by.
    public var number: QueuePairNumber { core.number }

    /// The transport service.
    public var type: QueuePairType { core.type }

    /// The sizes of its queues, as granted.
    public var capabilities: QueuePairCapabilities { core.capabilities }

    /// The state at this moment; an error that a peer's request caused shows at once.
    public var state: QueuePairState { core.state }

    /// Every attribute that was set, and the state at this moment.
    public var attributes: QueuePairAttributes { core.query() }
}
