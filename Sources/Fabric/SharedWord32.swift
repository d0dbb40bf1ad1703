// SharedWord32.swift - a 32-bit atomic word in memory that several processes map.
//
// Owns: one address. Does not: check it (whoever makes one has checked that it lies in a mapped segment).
// Locking: none; every access is atomic, so that whatever a peer does to the word is a value, never undefined.

import Platform
import Synchronization

/// A 32-bit atomic word in shared memory.
@frozen @safe
public struct SharedWord32: @unchecked Sendable {
    @usableFromInline let pointer: UnsafeMutablePointer<Atomic<UInt32>>

    @inlinable
    init(at address: UnsafeMutableRawPointer) {
        unsafe pointer = address.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// Reads without ordering.
    @inlinable
    public func load() -> UInt32 { unsafe pointer.pointee.load(ordering: .relaxed) }

    /// Reads; what was written before the matching `publish` is seen after it.
    @inlinable
    public func acquire() -> UInt32 { unsafe pointer.pointee.load(ordering: .acquiring) }

    /// Writes without ordering.
    @inlinable
    public func store(_ value: UInt32) { unsafe pointer.pointee.store(value, ordering: .relaxed) }

    /// Writes; everything written before is seen by whoever acquires this value.
    @inlinable
    public func publish(_ value: UInt32) { unsafe pointer.pointee.store(value, ordering: .releasing) }

    /// Writes with full ordering: no later read of this thread happens before it.
    @inlinable
    @discardableResult
    public func exchange(_ value: UInt32) -> UInt32 {
        unsafe pointer.pointee.exchange(value, ordering: .sequentiallyConsistent)
    }

    /// Replaces `expected` by `desired`; false when the word held something else.
    @inlinable
    public func replace(_ expected: UInt32, by desired: UInt32) -> Bool {
        unsafe pointer.pointee.compareExchange(
            expected: expected, desired: desired, ordering: .sequentiallyConsistent
        ).exchanged
    }

    /// Adds, wrapping; returns the new value.
    @inlinable
    @discardableResult
    public func add(_ value: UInt32) -> UInt32 {
        unsafe pointer.pointee.wrappingAdd(value, ordering: .sequentiallyConsistent).newValue
    }

    /// Makes the word at least this; what was written before is visible to whoever reads it.
    @inlinable
    public func raise(to value: UInt32) {
        unsafe pointer.pointee.max(value, ordering: .releasing)
    }

    /// Clears bits; returns the old value.
    @inlinable
    @discardableResult
    public func clear(bits: UInt32) -> UInt32 {
        unsafe pointer.pointee.bitwiseAnd(~bits, ordering: .sequentiallyConsistent).oldValue
    }

    /// Sets bits; returns the old value.
    @inlinable
    @discardableResult
    public func set(bits: UInt32) -> UInt32 {
        unsafe pointer.pointee.bitwiseOr(bits, ordering: .sequentiallyConsistent).oldValue
    }

    /// Sleeps while the word holds this value, at most so long. May return for no reason.
    public func sleep(while value: UInt32, nanoseconds: UInt64) {
        unsafe Futex.wait(UnsafeRawPointer(pointer), value: value, nanoseconds: nanoseconds)
    }

    /// Wakes those who sleep on the word, in every process.
    public func wakeSleepers() { unsafe Futex.wake(UnsafeRawPointer(pointer)) }
}
