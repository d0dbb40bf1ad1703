// AgentWork.swift - what a device wants its process's agent to do later.

/// Work that nobody's posting thread can do: retries, timers, what follows a peer's death.
public protocol AgentWork: AnyObject, Sendable {
    /// Does what is due. Answers when to come back, in monotonic nanoseconds; nil: only when woken.
    func runDueWork(now: UInt64) -> UInt64?
    /// Does what peers have asked this process's agent to do. False when there was nothing.
    func serveRequests() -> Bool
    /// A peer was found dead.
    func peerDied(_ peer: Peer)
}
