// TargetOffer.swift - what the initiator must know of its target.

/// What the initiator must know of its target.
struct TargetOffer: Codable {
    var pair: UInt32 = 0
    var address: UInt64 = 0
    var key: UInt32 = 0
}
