// CodeMask.swift - blanks comments and the insides of string literals, keeping every line where it is.
//
// Understands what Swift and C share, and Swift's nested comments, multi-line and raw strings and interpolation. An
// interpolated expression is blanked with its string: no rule looks for code there.

/// Turns a program's text into its code alone.
struct CodeMask {
    private let input: [UInt8]
    private var output: [UInt8] = []
    private var position = 0

    private init(_ text: String) {
        input = Array(text.utf8)
        output.reserveCapacity(input.count)
    }

    static func apply(to text: String) -> String {
        var mask = CodeMask(text)
        mask.run()
        return String(decoding: mask.output, as: UTF8.self)
    }

    private mutating func run() {
        while position < input.count {
            if starts("//") {
                while position < input.count && input[position] != UInt8(ascii: "\n") { blank(1) }
            } else if starts("/*") {
                blockComment()
            } else if let hashes = rawStringHashes() {
                string(hashes: hashes)
            } else if starts("'") {
                characterLiteral()
            } else {
                output.append(input[position])
                position += 1
            }
        }
    }

    private func starts(_ text: StaticString, at offset: Int = 0) -> Bool {
        text.withUTF8Buffer { bytes in
            let start = position + offset
            guard start + bytes.count <= input.count else { return false }
            for index in 0..<bytes.count where unsafe input[start + index] != bytes[index] { return false }
            return true
        }
    }

    /// Passes over bytes; new lines stay, so that line numbers do.
    private mutating func blank(_ count: Int) {
        for _ in 0..<count where position < input.count {
            output.append(input[position] == UInt8(ascii: "\n") ? UInt8(ascii: "\n") : UInt8(ascii: " "))
            position += 1
        }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && position < input.count
    }

    /// C's character constants; an apostrophe that opens none is left alone.
    private mutating func characterLiteral() {
        if starts("\\", at: 1) && starts("'", at: 3) {
            blank(4)
        } else if starts("'", at: 2) {
            blank(3)
        } else {
            output.append(input[position])
            position += 1
        }
    }

    /// How many # stand before the quote that opens a string here; nil where no string opens.
    private func rawStringHashes() -> Int? {
        var hashes = 0
        while starts("#", at: hashes) { hashes += 1 }
        return starts("\"", at: hashes) ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        blank(hashes)
        // Three quotes open a text of several lines only at the end of a line: #"""# is one quote.
        let quotes = starts("\"\"\"\n") ? 3 : 1
        blank(quotes)
        while position < input.count {
            if closes(quotes: quotes, hashes: hashes) {
                blank(quotes + hashes)
                return
            }
            if quotes == 1 && starts("\n") { return }
            guard escapes(hashes: hashes) else {
                blank(1)
                continue
            }
            blank(1 + hashes)
            if starts("(") { interpolation() } else { blank(1) }
        }
    }

    private func closes(quotes: Int, hashes: Int) -> Bool {
        for index in 0..<quotes where !starts("\"", at: index) { return false }
        for index in 0..<hashes where !starts("#", at: quotes + index) { return false }
        return true
    }

    private func escapes(hashes: Int) -> Bool {
        guard starts("\\") else { return false }
        for index in 0..<hashes where !starts("#", at: 1 + index) { return false }
        return true
    }

    private mutating func interpolation() {
        var depth = 0
        repeat {
            if starts("(") { depth += 1 }
            if starts(")") { depth -= 1 }
            if let hashes = rawStringHashes() { string(hashes: hashes) } else { blank(1) }
        } while depth > 0 && position < input.count
    }
}
