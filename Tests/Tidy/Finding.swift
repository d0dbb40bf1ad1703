// Finding.swift - one place in the tree that breaks a rule.

/// Where, and what is wrong there.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}
