// TextFields.swift - numbers as hexadecimal fields between hyphens, and back.
//
// Owns: the notation of endpoints and remote memory. Text may come from anywhere: it is taken as it was written, or not.

/// A few numbers as text.
struct TextFields {
    private let values: [UInt64]
    private let widths: [Int]

    /// - Parameter fields: each number and the least number of digits to write it with.
    init(_ fields: [(value: UInt64, width: Int)]) {
        values = fields.map(\.value)
        widths = fields.map(\.width)
    }

    /// Reads exactly `count` fields; nil for anything else, also for signs, blanks and empty fields.
    init?(_ text: String, count: Int) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.allSatisfy(\.isHexDigit) ? UInt64(part, radix: 16) : nil }
        guard parts.count == count, numbers.count == count else { return nil }
        values = numbers
        widths = parts.map(\.count)
    }

    subscript(index: Int) -> UInt64 { values[index] }

    var text: String {
        zip(values, widths).map { value, width in
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }.joined(separator: "-")
    }
}
