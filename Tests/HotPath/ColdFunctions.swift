// ColdFunctions.swift - functions that posting and polling call only when something is out of the ordinary.

/// The walk through the built code stops at these: each is entered only for the reason given.
enum ColdFunctions {
    /// Parts of demangled names, and when the function is entered.
    static let reasons: [String: String] = [:]

    static func contains(_ demangled: String) -> Bool { reasons.keys.contains { demangled.contains($0) } }
}
