// FreeSlots.swift - which slots of a shared receive queue are free.
//
// Owns: a stack and a mark for each slot, in private memory: a slot comes back once, whatever a peer writes.
// Locking: the queue's `postLock`.

/// A stack of free slot numbers.
final class FreeSlots {
    private let stack: FixedBuffer<UInt32>
    private let marks: FixedBuffer<Bool>
    private let capacity: Int
    private let out = LockedState<Int>(0)

    init(count: UInt32) {
        capacity = Int(count)
        stack = FixedBuffer(repeating: 0, count: capacity)
        marks = FixedBuffer(repeating: false, count: capacity)
        for index in 0..<capacity { stack[index] = UInt32(capacity - 1 - index) }
    }

    @inline(__always)
    func take() -> UInt32? {
        guard out.value < capacity else { return nil }
        out.value &+= 1
        let slot = stack[capacity &- out.value]
        marks[Int(slot)] = true
        return slot
    }

    /// Without the lock: a slot that a message rightly names cannot change meanwhile, and one that a peer made up may be
    /// either.
    @inline(__always)
    func isOut(_ slot: UInt32) -> Bool { Int(slot) < capacity && marks[Int(slot)] }

    @inline(__always)
    func give(_ slot: UInt32) -> Bool {
        guard Int(slot) < capacity, marks[Int(slot)] else { return false }
        marks[Int(slot)] = false
        stack[capacity &- out.value] = slot
        out.value &-= 1
        return true
    }
}
