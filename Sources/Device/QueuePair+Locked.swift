// QueuePair+Locked.swift - names for the values that change.
//
// Locking: see QueuePairLocked.

import Fabric
import Verbs

extension QueuePair {
    @inline(__always) var attributes: QueuePairAttributes {
        _read { yield locked.value.attributes }
        _modify { yield &locked.value.attributes }
    }
    @inline(__always) var epoch: UInt32 {
        _read { yield locked.value.epoch }
        _modify { yield &locked.value.epoch }
    }
    @inline(__always) var posted: UInt32 {
        _read { yield locked.value.posted }
        _modify { yield &locked.value.posted }
    }
    var pathDevice: UInt32? {
        _read { yield locked.value.pathDevice }
        _modify { yield &locked.value.pathDevice }
    }
    var retry: RequesterRetry {
        _read { yield locked.value.retry }
        _modify { yield &locked.value.retry }
    }
    var nextAttempt: UInt64 {
        _read { yield locked.value.nextAttempt }
        _modify { yield &locked.value.nextAttempt }
    }
    var nextLook: UInt64 {
        _read { yield locked.value.nextLook }
        _modify { yield &locked.value.nextLook }
    }
    @inline(__always) var pendingSends: PendingSends? {
        _read { yield locked.value.pendingSends }
        _modify { yield &locked.value.pendingSends }
    }
    var regions: [MappedRegion?] {
        _read { yield locked.value.regions }
        _modify { yield &locked.value.regions }
    }
    var peers: [Peer?] {
        _read { yield locked.value.peers }
        _modify { yield &locked.value.peers }
    }
}
