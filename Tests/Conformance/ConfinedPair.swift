// ConfinedPair.swift - a pair of which one side is confined, or both.

/// A pair, and how each side of it is confined.
struct ConfinedPair: Sendable, CustomStringConvertible {
    let pair: PairCase
    let server: Confinement?
    let client: Confinement?

    var description: String {
        "\(pair), server \(server?.rawValue ?? "free"), client \(client?.rawValue ?? "free")"
    }
}
