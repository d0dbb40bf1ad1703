// TargetMessage.swift - what the initiator's process says to the target's, and what that answers: a line of JSON each.

import Foundation

/// What the initiator's process asks for.
enum TargetMessage: Codable {
    case make(TargetPlan)
    case connect(UInt32)
    case report(Int)
    case end

    /// What the target's process answers.
    enum Reply: Codable {
        case offer(TargetOffer)
        case report(TargetReport)
        case done
        case failed(String)
    }

    static func line<Value: Encodable>(_ value: Value) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ line: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(line.utf8))
    }
}
