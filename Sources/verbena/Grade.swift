// Grade.swift - how much a finding matters.

/// What a finding means for the device.
enum Grade: String {
    /// As it should be.
    case good = "ok"
    /// For information; the device works as well.
    case neutral = "info"
    /// The device works, with the limits that the consequence names.
    case limiting = "limit"
    /// The device cannot work.
    case fatal = "fail"

    var style: TextStyle {
        switch self {
        case .good: .good
        case .neutral: .plain
        case .limiting: .notable
        case .fatal: .bad
        }
    }
}
