// SendFlags.swift - the modifiers of a send work request.
//
// Spec: IBA vol 1, 11.4.1.1 (post send request).   C: enum ibv_send_flags, same raw values.
// HOT: the constants are computed, not stored, so that other modules fold them instead of calling for an address.

/// Modifiers of a send work request.
@frozen
public struct SendFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Wait for all earlier reads and atomics of this queue before starting.
    @inlinable public static var fence: SendFlags { SendFlags(rawValue: 1 << 0) }
    /// Produce a completion also on success.
    @inlinable public static var signaled: SendFlags { SendFlags(rawValue: 1 << 1) }
    /// Raise a solicited event at the target.
    @inlinable public static var solicited: SendFlags { SendFlags(rawValue: 1 << 2) }
    /// The payload is copied while posting; its local keys are not looked at.
    @inlinable public static var inline: SendFlags { SendFlags(rawValue: 1 << 3) }
    /// Checksum offload: for raw packet queue pairs only.
    @inlinable public static var ipChecksum: SendFlags { SendFlags(rawValue: 1 << 4) }

    /// Every flag that a verbs header defines.
    @inlinable public static var known: SendFlags { SendFlags(rawValue: 0b1_1111) }
}
