// OurHalf.swift - what stands in memory behind a public C struct, unknown to the program.
//
// Owns: the reference to the live object, the word that tells a forked child, the counts of delivered events.
// Locking: the counts are guarded by the mutex of the context; they are final once the object is hidden from events.

import Fabric

/// What follows the public struct.
@unsafe
struct OurHalf {
    /// One strong reference to the live object.
    var reference: UnsafeMutableRawPointer
    /// Reads zero in a forked child of the process that made the object. Nil for what survives a fork.
    let owner: OwnerWord?
    /// Asynchronous events that the program was given about this object.
    var asyncEventsDelivered: UInt32
    /// Completion events that the program was given about this object.
    var completionEventsDelivered: UInt32
}
