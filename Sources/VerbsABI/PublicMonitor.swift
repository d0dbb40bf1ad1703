// PublicMonitor.swift - the mutex and the condition variable that the public structs carry.
//
// Owns: their use as a pair. Does not: decide what they guard (acknowledgement counts, the reference count of a channel).
// C counterpart: the `mutex` and `cond` members of ibv_cq, ibv_qp, ibv_srq; `mutex` of ibv_context. Programs and the
// other library (librdmacm) may take them too, so they are real POSIX objects that stay where they are.

import CVerbs

/// A mutex and a condition variable inside a public struct.
@unsafe
struct PublicMonitor {
    let mutex: UnsafeMutablePointer<pthread_mutex_t>
    let condition: UnsafeMutablePointer<pthread_cond_t>

    func initialize() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    func destroy() {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
    }

    /// Changes what the mutex guards and wakes whoever waits for it.
    func change(_ body: () -> Void) {
        unsafe pthread_mutex_lock(mutex)
        body()
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Returns when `condition` holds; it is evaluated with the mutex held.
    func wait(until isReached: () -> Bool) {
        unsafe pthread_mutex_lock(mutex)
        while !isReached() { unsafe pthread_cond_wait(condition, mutex) }
        unsafe pthread_mutex_unlock(mutex)
    }
}

/// Runs `body` under the context's mutex, which guards the reference counts of its completion channels.
func withContextLocked<Result>(_ context: UnsafeMutablePointer<ibv_context>, _ body: () -> Result) -> Result {
    // Within a struct that never moves, the key path of a stored member always has an address.
    let mutex = unsafe context.pointer(to: \.mutex).unsafelyUnwrapped
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
}
