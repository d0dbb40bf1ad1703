// BusAccount.swift - whose counters a message is charged to, and as whose doing.

/// Whose counters a message is charged to, and as whose doing.
struct BusAccount {
    let user: Int
    let peer: Int
    /// The user on whose behalf the charge is made.
    let actor: Int
}
