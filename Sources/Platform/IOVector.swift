// IOVector.swift - one piece of memory in a list.
//
// Owns: the layout of struct iovec. Counterpart: iovec(3type).

/// One piece of memory, of this process or of another: struct iovec with the address as a number.
@frozen
public struct IOVector {
    public var base: UInt64
    public var length: UInt64

    @inlinable
    public init(base: UInt64, length: UInt64) {
        self.base = base
        self.length = length
    }
}
