// ObjectCount.swift - how many objects of a kind exist, where no table of fixed size says it.
//
// Owns: the count against the device's limit. Spec: IBA vol 1, 11.2.1.2.
// Locking: the count is atomic.

import Synchronization
import Verbs

/// How many objects of a kind exist in this process.
final class ObjectCount: Sendable {
    private let existing = Atomic<UInt32>(0)
    private let maximum: UInt32

    init(maximum: UInt32) { self.maximum = maximum }

    /// ENOMEM when the limit is reached.
    func add() throws(VerbsErrno) {
        let before = existing.wrappingAdd(1, ordering: .relaxed).oldValue
        do { try CreationRules.checkRoom(existing: before, maximum: maximum) } catch {
            remove()
            throw error
        }
    }

    func remove() { existing.wrappingSubtract(1, ordering: .relaxed) }
}
