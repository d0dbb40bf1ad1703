// ByteCount.swift - a number of bytes on the command line.
import ArgumentParser

/// A number with an optional K, M or G.
struct ByteCount: Equatable, ExpressibleByArgument {
    let bytes: UInt64

    /// Nil if it is no such number, or too large.
    init?(argument text: String) {
        let units: [Character: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[Character($0.uppercased())] }
        let digits = unit == nil ? Substring(text) : text.dropLast()
        guard digits.allSatisfy(\.isASCII), digits.first != "+", let number = UInt64(digits) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        if overflow { return nil }
        self.bytes = bytes
    }
}
