// JSONValue.swift - output for scripts.
//
// Owns: the writing of JSON (RFC 8259); there is nothing here to read. Keys keep their order.

/// A JSON value.
enum JSONValue {
    case null
    case bool(Bool)
    case number(UInt64)
    case string(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// A string, or null.
    init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }

    /// Lines with two blanks for each level.
    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let value): return String(value)
        case .string(let value): return Self.quoted(value)
        case .array(let values):
            return Self.block("[", values.map { inner + $0.text(indent: inner) }, indent + "]")
        case .object(let members):
            return Self.block(
                "{", members.map { inner + Self.quoted($0.key) + ": " + $0.value.text(indent: inner) }, indent + "}")
        }
    }

    private static func block(_ open: String, _ lines: [String], _ close: String) -> String {
        guard !lines.isEmpty else { return open + String(close.last!) }
        return open + "\n" + lines.joined(separator: ",\n") + "\n" + close
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
