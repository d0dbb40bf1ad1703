// ReceiverNotReadyTimer.swift - how long a target that has no receive request asks its peer to wait.
//
// Spec: IBA vol 1, 9.7.5.2.8, table 45.   C: min_rnr_timer.

/// How long a target that has no receive request asks its peer to wait.
public enum ReceiverNotReadyTimer {
    /// The delay of a 5-bit code; bits above are ignored.
    ///
    /// The table runs 10, 20, 30, 40, 60, 80, 120 … µs: powers of two at even codes, half-way between at odd ones. Code
    /// 0 stands for what would be code 32, the longest.
    public static func nanoseconds(code: UInt8) -> UInt64 {
        let step = code & 31 == 0 ? 32 : UInt64(code & 31)
        let tensOfMicroseconds: UInt64 =
            switch step {
            case 1: 1
            case let step where step % 2 == 0: 1 << (step / 2)
            default: 3 << ((step - 3) / 2)
            }
        return tensOfMicroseconds * 10_000
    }
}
