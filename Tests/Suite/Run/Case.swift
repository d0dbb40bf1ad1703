// Case.swift - one point of a cross product.

/// One point of a cross product: where it lies, and what must hold there.
struct Case {
    /// Such as "RC RTS SEND": with the rule's words it says exactly what was done.
    let coordinates: String
    let body: (Bench) throws -> Void
}
