// WordChange.swift - what an atomic operation makes of a word.

/// A change of a word of eight bytes.
@frozen
public enum WordChange: Sendable {
    case add(UInt64)
    /// Nothing is changed unless the word is the first.
    case swap(if: UInt64, to: UInt64)

    @inlinable
    public func callAsFunction(_ original: UInt64) -> UInt64 {
        switch self {
        case .add(let term): original &+ term
        case .swap(let expected, let new): original == expected ? new : original
        }
    }
}
