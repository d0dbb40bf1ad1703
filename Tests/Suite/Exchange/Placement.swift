// Placement.swift - where the target of an exchange lives.

/// Where the target of an exchange lives.
enum Placement: String, CaseIterable {
    case near = "within a process"
    case far = "between processes"
}
