// LockedState.swift - mutable state that a lock beside it makes exclusive.
//
// Owns: one value at a fixed place. Why not a property of a class: the compiler would check each access for
// exclusivity at run time, with a call, although the lock is held. Whoever reads or writes holds the lock that the
// owner's header names.

/// One value, guarded by a lock that its owner names.
struct LockedState<Value>: ~Copyable {
    private let place: FixedBuffer<Value>

    init(_ value: Value) { place = FixedBuffer(repeating: value, count: 1) }

    @inline(__always)
    var value: Value {
        _read { yield place[0] }
        nonmutating _modify { yield &place[0] }
    }

    /// Where it stands, for what writes one part of it.
    @inline(__always)
    var address: UnsafeMutablePointer<Value> { unsafe place.address }
}
