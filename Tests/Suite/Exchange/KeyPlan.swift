// KeyPlan.swift - in which condition a memory key is when it is used.

/// In which condition a key is when it is used.
enum KeyPlan: String, CaseIterable, Codable, CustomStringConvertible {
    case good
    /// Registered in another protection domain than the queue that uses it.
    case otherDomain
    case deregistered
    /// The key of no region, though it looks like one.
    case altered
    case zero

    var description: String {
        switch self {
        case .good: "a good key"
        case .otherDomain: "the key of another protection domain"
        case .deregistered: "the key of a region that was deregistered"
        case .altered: "the key of no region"
        case .zero: "key 0"
        }
    }
}
