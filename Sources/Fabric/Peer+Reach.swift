// Peer+Reach.swift - finds out whether this process may touch a peer's memory.
//
// Owns: the trial. It also proves that the process number is the peer's own: the word it reads is the peer's identity.
// Counterpart: process_vm_readv(2), ptrace(2) (access mode), pid_namespaces(7), seccomp(2).

import Platform
import Synchronization

extension Peer {
    /// Tries to read and to write one word of the peer's segment by the peer's own address of it.
    static func tryReach(_ hello: Hello, pid: Int32) -> PeerReach {
        guard pid > 0 else { return .agent }
        var word: UInt64 = 0
        let identity = IOVector(base: hello.segmentAddress &+ UInt64(SegmentHeader.holderOffset), length: 8)
        let scratch = IOVector(base: hello.segmentAddress &+ UInt64(SegmentHeader.trialOffset), length: 8)
        let moved = unsafe withUnsafeMutableBytes(of: &word) { bytes -> Bool in
            let near = IOVector(base: UInt64(UInt(bitPattern: bytes.baseAddress)), length: 8)
            return unsafe ProcessMemory.read(from: pid, local: [near], localCount: 1, remote: [identity], remoteCount: 1) == 8
                && bytes.load(as: UInt64.self) == hello.holder.rawValue
                && ProcessMemory.write(to: pid, local: [near], localCount: 1, remote: [scratch], remoteCount: 1) == 8
        }
        return moved ? .kernel : .agent
    }

    /// The kernel has refused what it once allowed: from now on the peer's agent copies.
    public func loseReach() { reachWord.store(PeerReach.agent.rawValue, ordering: .relaxed) }

    public var reach: PeerReach { PeerReach(rawValue: reachWord.load(ordering: .relaxed)) ?? .agent }

    /// Whether the process has not ended, asked of the kernel now.
    public func stillRuns() -> Bool { isAlive && process.isAlive() }

    /// Wakes the peer's agent if it sleeps. What it is to find has been written before.
    public func ringBell() {
        let header = view.header
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard header.agentAsleep.load() != 0 else { return }
        header.agentAsleep.store(0)
        _ = EventDescriptor.signal(bell)
    }

    /// Wakes the peer's agent whatever its segment says of it.
    public func ringBellAnyway() { _ = EventDescriptor.signal(bell) }
}
