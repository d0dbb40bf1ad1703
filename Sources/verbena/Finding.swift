// Finding.swift - one thing that `verbena doctor` found out.

/// A property of this machine, what it means for the device, and what to do about it.
struct Finding {
    let name: String
    let value: String
    let grade: Grade
    /// What follows from the value.
    let consequence: String
    /// How to change it; empty where nothing need change.
    let remedy: String

    init(_ name: String, _ value: String, _ grade: Grade, _ consequence: String, remedy: String = "") {
        self.name = name
        self.value = value
        self.grade = grade
        self.consequence = consequence
        self.remedy = remedy
    }

    var json: JSONValue {
        .object([
            ("finding", .string(name)), ("value", .string(value)), ("grade", .string(grade.rawValue)),
            ("consequence", .string(consequence)), ("remedy", JSONValue(remedy.isEmpty ? nil : remedy)),
        ])
    }
}
