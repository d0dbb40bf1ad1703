// TransferSlot.swift - one request to a process's agent to copy, in that process's segment.
//
// Owns: the meaning of each word, and who may leave a slot in which state. Does not: copy, or judge the request (Device).
//
//   idle ──poster: open()──→ open ──agent: begin()──→ busy ──agent: end()──→ open ──poster: close()──→ idle
//                                                      └─poster: close()──→ abandoned ──agent: end()──→ idle, unlocked
//
// The bytes travel in chunks through a window of chunk buffers. `submitted` counts the chunks that the agent may work on,
// `finished` those that it has done with: for a write, both count buffers filled and emptied; for a read, buffers that
// may be filled and that are.
// Locking: `lock` is the poster's from `open` to `close`. The agent trusts none of the words: it checks what it reads.

import Platform
import Synchronization

/// A request to copy.
@frozen
public struct TransferSlot {
    @usableFromInline let record: SharedRecord
    public let index: Int
    private let chunks: SharedRecord

    init(_ record: SharedRecord, index: Int, chunks: SharedRecord) {
        self.record = record
        self.index = index
        self.chunks = chunks
    }

    enum State {
        static let idle: UInt32 = 0
        static let open: UInt32 = 1
        static let busy: UInt32 = 2
        static let abandoned: UInt32 = 3
    }

    private static let looksMax = 1000

    public var lock: SharedLock { SharedLock(record.word64(0)) }
    var state: SharedWord32 { record.word32(8) }
    /// See `TransferKind`.
    public var kind: SharedWord32 { record.word32(12) }
    /// The queue pair acted upon: its index in the owner's table, and the life of it that the poster has bound. The shared
    /// receive queue's instead where `isExtended` is not 0. For imported memory: its protection domain.
    public var target: SharedWord32 { record.word32(16) }
    public var epoch: SharedWord32 { record.word32(20) }
    /// One-sided requests: the remote key.
    public var key: SharedWord32 { record.word32(24) }
    /// Messages: the receive's position, or slot of a shared queue.
    public var position: SharedWord32 { record.word32(28) }
    public var address: SharedWord64 { record.word64(32) }
    public var byteCount: SharedWord64 { record.word64(40) }
    public var compareAdd: SharedWord64 { record.word64(48) }
    public var swap: SharedWord64 { record.word64(56) }
    public var submitted: SharedWord32 { record.word32(64) }
    public var isExtended: SharedWord32 { record.word32(68) }
    /// The word of the owner's command files, where the poster acts upon what it has imported; else 0.
    public var importWord: SharedWord64 { record.word64(72) }

    // Agent's line.
    public var finished: SharedWord32 { record.word32(128) }
    /// See `TransferVerdict`; 0 while all is well.
    public var verdict: SharedWord32 { record.word32(132) }
    /// The original value of an atomic's word.
    public var result: SharedWord64 { record.word64(136) }
    /// Non-zero while the poster sleeps on `finished`.
    var sleeper: SharedWord32 { record.word32(144) }

    /// The buffer of the n-th chunk of a transfer.
    public func chunk(_ number: UInt32) -> UInt64 {
        chunks.address(Int(number) % SegmentLayout.transferWindow * SegmentLayout.transferChunkBytes)
    }
}

extension TransferSlot {
    /// Makes a claimed slot ready for a new request.
    public func reset() {
        for word in [submitted, finished, verdict, sleeper] { word.store(0) }
        importWord.store(0)
    }

    /// Poster: the request is complete, the agent may look at it.
    public func open() { state.publish(State.open) }

    /// Poster: done with it, or gives it up. While the agent is at work the slot stays locked; the agent frees it.
    public func close() {
        // An agent goes from open to busy and back. What else stands there, or goes on changing, is no agent's.
        for _ in 0..<Self.looksMax {
            if state.replace(State.open, by: State.idle) { return lock.release() }
            if state.replace(State.busy, by: State.abandoned) { return }
            let seen = state.acquire()
            if seen != State.open, seen != State.busy { break }
        }
        state.publish(State.idle)
        lock.release()
    }

    /// Agent: takes an open request for a while; false when there is none.
    public func begin() -> Bool { state.replace(State.open, by: State.busy) }

    /// Agent: lets it go.
    public func end() {
        if state.replace(State.busy, by: State.open) { return }
        state.publish(State.idle)
        lock.release()
    }

    /// A poster that died left it: makes it idle; false when the agent is at work, which then frees it.
    func recover() -> Bool {
        for _ in 0..<Self.looksMax {
            if state.replace(State.open, by: State.idle) { return true }
            if state.replace(State.busy, by: State.abandoned) { return false }
            let seen = state.acquire()
            if seen != State.open, seen != State.busy { return seen == State.idle }
        }
        return false
    }

    /// Agent: counts chunks as done, and wakes the poster.
    public func finish(_ count: UInt32) {
        finished.publish(count)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if sleeper.load() != 0, sleeper.exchange(0) != 0 { finished.wakeSleepers() }
    }

    /// Poster: sleeps until `finished` is no longer what was seen, or the time has passed.
    public func sleep(while seen: UInt32, nanoseconds: UInt64) {
        sleeper.exchange(1)
        finished.sleep(while: seen, nanoseconds: nanoseconds)
    }
}
