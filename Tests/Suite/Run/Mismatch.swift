// Mismatch.swift - what a case saw that it must not see.

/// Thrown by the first expectation that does not hold.
struct Mismatch: Error, CustomStringConvertible {
    let what: String
    let expected: String
    let seen: String

    var description: String { "\(what): expected \(expected), seen \(seen)" }
}

/// Compares, and throws with both sides.
func expect<Value: Equatable>(_ what: @autoclosure () -> String, _ seen: Value, is expected: Value) throws(Mismatch) {
    if seen != expected { throw Mismatch(what: what(), expected: "\(expected)", seen: "\(seen)") }
}

/// Compares what a C function returned.
func expect(_ what: @autoclosure () -> String, code seen: Int32, is expected: Int32) throws(Mismatch) {
    if seen != expected {
        throw Mismatch(what: what(), expected: ErrorName.of(expected), seen: ErrorName.of(seen))
    }
}
