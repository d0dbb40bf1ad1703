// PeerReach.swift - how a poster gets at a peer's memory.

/// Who copies between a poster's memory and its peer's.
public enum PeerReach: UInt32, Sendable {
    /// The kernel, asked by the poster: process_vm_writev(2), process_vm_readv(2).
    case kernel = 1
    /// The peer's own agent, through a bounce area in the peer's segment: where the kernel refuses the poster.
    case agent = 2
}
