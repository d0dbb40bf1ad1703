// ThreadDomain.swift - a program's promise that one thread at a time uses what it makes on it.
//
// Owns: the count of parent domains that carry the promise. Spec: ibv_alloc_td(3).   C: struct ibv_td.
// Locking: the count is atomic.

import Synchronization
import Verbs

/// A thread domain.
public final class ThreadDomain: Sendable {
    private let dependents = Atomic<Int>(0)

    init() {}

    /// EBUSY while parent domains depend on it.
    public func deallocate() throws(VerbsErrno) {
        guard dependents.load(ordering: .acquiring) == 0 else { throw .busy }
    }

    func addDependent() { dependents.wrappingAdd(1, ordering: .relaxed) }
    func removeDependent() { dependents.wrappingSubtract(1, ordering: .releasing) }
}
