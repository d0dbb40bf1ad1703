// SendBatchProgress.swift - how far a batch of send requests has come.
//
// Owns: plain values. Locking: the batch's lock.

import Verbs

/// How far a batch has come.
struct SendBatchProgress {
    var count = 0
    /// The first thing that went wrong: the whole batch fails with it.
    var failure: VerbsErrno?
}
