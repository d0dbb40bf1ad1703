// SendFlags.swift - the modifiers of a send work request.
//
// Spec: IBA vol 1, 11.4.1.1 (post send request).   C: enum ibv_send_flags, same raw values.

/// Modifiers of a send work request.
@frozen
public struct SendFlags: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Wait for all earlier reads and atomics of this queue before starting.
    public static let fence = SendFlags(rawValue: 1 << 0)
    /// Produce a completion also on success.
    public static let signaled = SendFlags(rawValue: 1 << 1)
    /// Raise a solicited event at the target.
    public static let solicited = SendFlags(rawValue: 1 << 2)
    /// The payload is copied while posting; its local keys are not looked at.
    public static let inline = SendFlags(rawValue: 1 << 3)
    /// Checksum offload: for raw packet queue pairs only.
    public static let ipChecksum = SendFlags(rawValue: 1 << 4)

    /// Every flag that a verbs header defines.
    public static let known: SendFlags = [.fence, .signaled, .solicited, .inline, .ipChecksum]
}
