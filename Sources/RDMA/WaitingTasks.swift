// WaitingTasks.swift - the tasks that sleep until something happens.
//
// Owns: their continuations, and a count of what happened, so that what happens between looking and sleeping is not
// missed. Everyone is woken: who finds nothing left sleeps again.
// Locking: one mutex; nothing runs under it but the list.

import Synchronization

/// A list of sleeping tasks.
final class WaitingTasks: Sendable {
    private struct State {
        var happened: UInt64 = 0
        var nextID: UInt64 = 0
        var sleepers: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Taken before looking; `sleep` returns at once if something happened since.
    var ticket: UInt64 { state.withLock { $0.happened } }

    /// Sleeps until something happens, or the task is cancelled.
    func sleep(since ticket: UInt64) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayStay = state.withLock { state in
                    // A task is marked as cancelled before its handler runs: one of the two finds the other.
                    guard state.happened == ticket, !Task.isCancelled else { return false }
                    state.sleepers[id] = continuation
                    return true
                }
                if !mayStay { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.resume()
        }
    }

    /// Something happened.
    func wakeAll() {
        let woken = state.withLock { state in
            state.happened += 1
            defer { state.sleepers.removeAll(keepingCapacity: true) }
            return Array(state.sleepers.values)
        }
        for sleeper in woken { sleeper.resume() }
    }
}
