// AcknowledgeTimeout.swift - how long an initiator waits for an answer before it sends again.
//
// Spec: IBA vol 1, 9.7.6.1.3 (detecting lost acknowledges), 11.2.5.2.   C: timeout of struct ibv_qp_attr.

/// How long an initiator waits for an answer before it sends again.
public enum AcknowledgeTimeout {
    /// 4.096 µs × 2^code for a 5-bit code, bits above ignored; nil for 0, which waits for ever.
    ///
    /// An adapter may take up to four times as long; here it is exactly this.
    public static func nanoseconds(code: UInt8) -> UInt64? {
        let exponent = UInt64(code & 31)
        return exponent == 0 ? nil : 4096 << exponent
    }
}
