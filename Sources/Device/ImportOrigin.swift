// ImportOrigin.swift - the opened device that a context's handles belong to.

import Fabric
import Verbs

/// Whose handles a context imports: those of its own process, or of the one whose command descriptor it was made from.
struct ImportOrigin {
    let peer: Peer
    /// What the owner's agent knows its guests by.
    let word: UInt64
    /// Counts that process's openings.
    let context: UInt32
}
