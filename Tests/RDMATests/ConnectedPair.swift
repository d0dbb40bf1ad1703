// ConnectedPair.swift - two connected queue pairs of this process, with memory on both sides, through the public API.

import RDMA
import Testing

/// Two connected queue pairs, each with a completion queue and a region of its own.
struct ConnectedPair: ~Copyable, Sendable {
    let device: Device
    let domain: ProtectionDomain
    let queueA: CompletionQueue
    let queueB: CompletionQueue
    let a: QueuePair
    let b: QueuePair
    let near: MemoryRegion
    let far: MemoryRegion

    static let byteCount = 65536

    init(
        _ type: QueuePairType = .reliableConnection,
        access: AccessFlags = [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic],
        adjusting adjust: (inout QueuePairAttributes) -> Void = { _ in }
    ) throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queueA = try device.makeCompletionQueue()
        let queueB = try device.makeCompletionQueue()
        let a = try domain.makeQueuePair(type, completions: queueA)
        let b = try domain.makeQueuePair(type, completions: queueB)
        if type.isConnected {
            try a.connect(to: b.endpoint, adjusting: adjust)
            try b.connect(to: a.endpoint, adjusting: adjust)
        } else {
            try a.activate(adjusting: adjust)
            try b.activate(adjusting: adjust)
        }
        let near = try domain.makeMemoryRegion(byteCount: Self.byteCount)
        far = try domain.makeMemoryRegion(byteCount: Self.byteCount, access: access)
        self.near = near
        self.device = device
        self.domain = domain
        self.queueA = queueA
        self.queueB = queueB
        self.a = a
        self.b = b
    }

    /// Fills the near region with a pattern.
    borrowing func fill(_ count: Int, seed: UInt8 = 1) {
        near.copy(Self.pattern(count, seed: seed).span)
    }

    static func pattern(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        (0..<count).map { seed &+ UInt8(truncatingIfNeeded: $0 &* 7) }
    }
}

extension CompletionQueue {
    /// Polls until a completion comes; fails the test when the guard against hanging strikes.
    func await(_ location: SourceLocation = #_sourceLocation) throws -> Completion {
        let deadline = ContinuousClock.now + .seconds(60)
        repeat {
            for _ in 0..<1000 {
                if let completion = poll() { return completion }
            }
        } while ContinuousClock.now < deadline
        return try #require(nil, "no completion came", sourceLocation: location)
    }
}
