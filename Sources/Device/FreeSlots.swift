// FreeSlots.swift - which slots of a shared receive queue are free.
//
// Owns: a stack and a mark for each slot, in private memory: a slot comes back once, whatever a peer writes.
// Locking: the queue's `postLock`.

/// A stack of free slot numbers.
@safe
final class FreeSlots {
    private let stack: UnsafeMutablePointer<UInt32>
    private let isOut: UnsafeMutablePointer<Bool>
    private let capacity: Int
    @exclusivity(unchecked) private var count: Int

    init(count: UInt32) {
        capacity = Int(count)
        self.count = capacity
        unsafe stack = .allocate(capacity: max(capacity, 1))
        unsafe isOut = .allocate(capacity: max(capacity, 1))
        unsafe isOut.initialize(repeating: false, count: max(capacity, 1))
        for index in 0..<capacity { unsafe stack[index] = UInt32(capacity - 1 - index) }
    }

    deinit {
        unsafe stack.deallocate()
        unsafe isOut.deallocate()
    }

    @inline(__always)
    func take() -> UInt32? {
        guard count > 0 else { return nil }
        count &-= 1
        let slot = unsafe stack[count]
        unsafe isOut[Int(slot)] = true
        return slot
    }

    @inline(__always)
    func give(_ slot: UInt32) -> Bool {
        guard Int(slot) < capacity, unsafe isOut[Int(slot)] else { return false }
        unsafe isOut[Int(slot)] = false
        unsafe stack[count] = slot
        count &+= 1
        return true
    }
}
