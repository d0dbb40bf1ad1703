// MessageVerdict.swift - what becomes of a request because of its length or alignment.

/// What becomes of a request because of its length or alignment.
@frozen
public enum MessageVerdict: UInt8, Sendable {
    case allowed
    /// Nothing is moved; the request completes with `CompletionStatus.localLengthError`.
    case localLengthError
    /// The target refuses it: `ResponderFault.misalignedAtomic`.
    case misalignedAtomic
    /// Nothing leaves, and the request completes as a success.
    case discarded
}
