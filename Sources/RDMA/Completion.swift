// Completion.swift - one finished work request.
//
// Owns: names and types for the numbers that polling writes. The layout is that of `Verbs`, so that a batch is polled
// straight into the caller's memory.
// Spec: IBA vol 1, 11.4.2.1.   C: struct ibv_wc.

@_exported public import enum Verbs.CompletionOpcode
import Verbs

/// One finished work request: which, how it ended, and what it brought.
public struct Completion: Sendable {
    var raw: Verbs::Completion

    init(raw: Verbs::Completion) { self.raw = raw }

    /// A completion of nothing, to fill a batch for ``CompletionQueue/poll(into:)``.
    public init() {
        raw = Verbs::Completion(
            workRequestID: 0, status: .generalError, opcode: 0, byteCount: 0, immediate: 0,
            queuePair: QueuePairNumber(rawValue: 0), sourceQueuePair: 0, flags: [])
    }

    /// The identifier given when posting.
    public var id: UInt64 { raw.workRequestID }

    /// How the request ended. Everything but `success` has put the queue pair into an error state, except where the
    /// specification says otherwise.
    public var status: CompletionStatus { CompletionStatus(rawValue: raw.status) ?? .generalError }

    /// Whether the request did what it asked for.
    public var isSuccess: Bool { raw.status == CompletionStatus.success.rawValue }

    /// What kind of request it was; nil unless it succeeded.
    public var operation: CompletionOpcode? { isSuccess ? CompletionOpcode(rawValue: raw.opcode) : nil }

    /// Bytes received, read or swapped; datagrams count the 40 bytes of the route header in front.
    public var byteCount: Int { Int(raw.byteCount) }

    /// The 32 bits that the peer sent with its message; nil if it sent none.
    public var immediate: UInt32? {
        flags.contains(.withImmediate) ? UInt32(bigEndian: raw.immediate) : nil
    }

    /// The queue pair, of this process, that the request was posted to.
    public var queuePair: QueuePairNumber { QueuePairNumber(rawValue: raw.queuePairNumber) }

    /// For datagrams: the queue pair that sent it. Otherwise 0.
    public var sourceQueuePair: QueuePairNumber { QueuePairNumber(rawValue: raw.sourceQueuePair) }

    /// For datagrams: whether a global route header stands in the first 40 bytes of the receive.
    public var hasRouteHeader: Bool { flags.contains(.globalRouteHeader) }

    /// Turns a failure into an error: `try completion.requireSuccess()`.
    /// - Returns: the completion itself.
    /// - Throws: ``RDMAError/Kind/workFailed(_:)`` with the status, unless it is `success`.
    @discardableResult
    public func requireSuccess() throws(RDMAError) -> Completion {
        guard isSuccess else { try RDMAError.throwWorkFailed(status, queuePair, id) }
        return self
    }

    private var flags: CompletionFlags { CompletionFlags(rawValue: raw.flags) }
}
