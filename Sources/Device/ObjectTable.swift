// ObjectTable.swift - from an index in the shared segment to the object of this process.
//
// Owns: strong references to live objects, at places that never move, so that a lookup while polling is one load and
// touches no reference count. Does not: keep an object alive for a reader; readers hold the lock that destruction takes.
// Locking: `lock`, except for `lookup`.

import Fabric

/// A table of objects by index.
@safe
final class ObjectTable<Object: AnyObject>: @unchecked Sendable {
    private let slots: UnsafeMutablePointer<Unmanaged<Object>?>
    /// One bit for each index: numbers go round, so that after a while few live objects stand far apart.
    private let claimed: UnsafeMutablePointer<UInt64>
    let capacity: Int
    private let lock = PrivateLock()
    private var next = 0
    private var highest = 0
    /// One above the highest index ever used.
    var bound: Int { lock.withLock { highest } }
    private(set) var liveCount = 0

    init(capacity: Int) {
        self.capacity = capacity
        unsafe slots = .allocate(capacity: capacity)
        unsafe slots.initialize(repeating: nil, count: capacity)
        let words = (capacity + 63) / 64
        unsafe claimed = .allocate(capacity: words)
        unsafe claimed.initialize(repeating: 0, count: words)
    }

    /// Reserves an index, round robin, so that a number is not reused at once.
    func claim(below limit: Int) -> Int? {
        lock.withLock { () -> Int? in
            let limit = min(limit, capacity)
            guard liveCount < limit else { return nil }
            for step in 0..<limit {
                let index = (next + step) % limit
                let bit: UInt64 = 1 << UInt64(index & 63)
                guard unsafe claimed[index >> 6] & bit == 0 else { continue }
                unsafe claimed[index >> 6] |= bit
                next = index + 1
                highest = max(highest, next)
                liveCount += 1
                return index
            }
            return nil
        }
    }

    func insert(_ object: Object, at index: Int) {
        lock.withLock { unsafe slots[index] = Unmanaged.passRetained(object) }
    }

    /// The object at an index, without a reference of its own.
    @inline(__always)
    func lookup(_ index: UInt32) -> Unmanaged<Object>? {
        guard Int(index) < capacity else { return nil }
        return unsafe slots[Int(index)]
    }

    /// The object at an index, kept alive for the caller.
    func object(at index: UInt32) -> Object? {
        guard Int(index) < capacity else { return nil }
        return lock.withLock { unsafe slots[Int(index)]?.takeUnretainedValue() }
    }

    /// Every live object.
    func all() -> [Object] {
        lock.withLock {
            var found: [Object] = []
            found.reserveCapacity(liveCount)
            for word in 0..<(highest + 63) / 64 {
                var bits = unsafe claimed[word]
                while bits != 0 {
                    if let object = unsafe slots[word << 6 + bits.trailingZeroBitCount] {
                        found.append(unsafe object.takeUnretainedValue())
                    }
                    bits &= bits &- 1
                }
            }
            return found
        }
    }

    /// Takes the object out; the index stays reserved.
    func remove(_ index: Int) {
        let object = unsafe lock.withLock { () -> Unmanaged<Object>? in
            defer { unsafe slots[index] = nil }
            return unsafe slots[index]
        }
        unsafe object?.release()
    }

    /// Frees a reserved index.
    func unclaim(_ index: Int) {
        lock.withLock {
            unsafe claimed[index >> 6] &= ~(1 << UInt64(index & 63))
            liveCount -= 1
        }
    }

    deinit {
        unsafe slots.deallocate()
        unsafe claimed.deallocate()
    }
}
