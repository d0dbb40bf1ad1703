// LeaseTable.swift - the leases that registrations of provided memory hold.
//
// Owns: their descriptors, for the handler that closes them in a forked child. Does not: take or give back (DescriptorMemory).
// Locking: `lock`.

import Fabric

/// The leases of this process.
final class LeaseTable: @unchecked Sendable {
    private let lock = PrivateLock()
    private var numbers: Set<Int32> = []

    func insert(_ number: Int32) { lock.withLock { _ = numbers.insert(number) } }

    func remove(_ number: Int32) { lock.withLock { _ = numbers.remove(number) } }

    func descriptors() -> [Int32] { lock.withLock { numbers.sorted() } }
}
