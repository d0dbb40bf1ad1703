// QueuePairLocked.swift - what changes during the life of a queue pair.
//
// Owns: plain values. Locking: each says which lock of its queue pair guards it.

import Fabric
import Verbs

/// What changes during the life of a queue pair.
struct QueuePairLocked {
    /// Under `modifyLock`.
    var attributes = QueuePairAttributes()
    /// Changes with each life: creation, reset, destruction. Written under `modifyLock` and `sendLock`.
    var epoch: UInt32
    /// Sends posted so far, wrapping. Under `sendLock`, as all that follows down to the receives.
    var posted: UInt32 = 0
    /// Device index that the primary path leads to.
    var pathDevice: UInt32?
    var retry = RequesterRetry(retryCount: 0, receiverNotReadyRetry: 0, timeoutCode: 0)
    /// When the oldest waiting request is tried again (monotonic nanoseconds); 0: at once, UInt64.max: not by a timer.
    var nextAttempt: UInt64 = 0
    /// When a poller may look again for a target that did not answer.
    var nextLook: UInt64 = 0
    /// SQD was asked for while a request was under way: that one is finished first.
    var isDraining = false
    /// An event is wanted when it is at rest.
    var tellsDrained = false
    /// The attempt under way.
    var attempt = SendAttempt.first
    /// Made when the first request has to wait.
    var pendingSends: PendingSends?
    /// Whom each target belongs to: keeps the peer's segment mapped.
    var peers: [Peer?]
    /// The region that each target was last reached through: stays mapped while its address is remembered.
    var regions: [MappedRegion?]
    /// What peers have been promised about our receives, and at which key epoch. Under `receiveLock`.
    var promisedBytes: UInt64 = 0
    var promisedKeyEpoch: UInt32 = 0
}
