// InlineRules.swift - which requests may carry their payload with them.
//
// Spec: IBA vol 1 leaves inline data to the device; ibv_post_send(3) and ibv_create_qp(3) define it.
// HOT: called for each inline post.

/// Which requests may carry their payload with them.
public enum InlineRules {
    /// Whether a request may be inline: it must move local bytes outwards, and they must fit.
    /// Where it is not, the post returns EINVAL.
    @inlinable
    public static func allows(_ opcode: SendOpcode, totalLength: UInt64, maxInlineBytes: UInt32) -> Bool {
        switch opcode {
        case .send, .sendWithImmediate, .sendWithInvalidate, .rdmaWrite, .rdmaWriteWithImmediate, .atomicWrite:
            totalLength <= UInt64(maxInlineBytes)
        case .rdmaRead, .compareAndSwap, .fetchAndAdd, .localInvalidate, .bindMemoryWindow:
            false
        }
    }
}
