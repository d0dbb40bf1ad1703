// TextTable.swift - output for people: columns that fit the terminal.
//
// Owns: widths and line breaks. Does not: colour (the caller gives a style per row, used on a terminal only).

/// A table with a heading. Long cells of the last columns are broken between words.
struct TextTable {
    let heading: [String]
    private(set) var rows: [(cells: [String], style: TextStyle)] = []

    init(_ heading: [String]) { self.heading = heading }

    mutating func add(_ cells: [String], style: TextStyle = .plain) {
        precondition(cells.count == heading.count, "a cell for each column")
        rows.append((cells, style))
    }

    /// The lines. `columns` is how wide they may be; `coloured` whether the first cell of a row shows its style.
    func text(columns: Int, coloured: Bool) -> String {
        let widths = widths(columns)
        var lines = format(heading, widths, .heading, coloured)
        for row in rows { lines += format(row.cells, widths, row.style, coloured) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let gap = "  "

    /// Each column as wide as its longest cell, and the widest ones narrowed until all fit (but not below 16).
    private func widths(_ columns: Int) -> [Int] {
        var widths = heading.indices.map { column in
            ([heading] + rows.map(\.cells)).map { $0[column].count }.max() ?? 0
        }
        while widths.reduce(0, +) + Self.gap.count * (widths.count - 1) > columns {
            guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 16 else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private func format(_ cells: [String], _ widths: [Int], _ style: TextStyle, _ coloured: Bool) -> [String] {
        let broken = zip(cells, widths).map { Self.broken($0, $1) }
        let height = broken.map(\.count).max() ?? 0
        return (0..<height).map { line in
            var text = ""
            for (column, cell) in broken.enumerated() {
                let part = line < cell.count ? cell[line] : ""
                let padded = part + String(repeating: " ", count: max(0, widths[column] - part.count))
                let styled = coloured && (column == 0 || style == .heading) ? style.wrap(padded) : padded
                text += (column == 0 ? "" : Self.gap) + styled
            }
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    /// The text in pieces of at most `width`, broken between words where it can be.
    private static func broken(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ").flatMap({ pieces($0, width) }) {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }

    /// A word in pieces of at most `width`; a path is broken behind a slash.
    private static func pieces(_ word: Substring, _ width: Int) -> [Substring] {
        var pieces: [Substring] = []
        var rest = word
        while rest.count > width {
            let head = rest.prefix(width)
            let end = head.lastIndex(of: "/").map { rest.index(after: $0) } ?? head.endIndex
            pieces.append(rest[..<end])
            rest = rest[end...]
        }
        return pieces + [rest]
    }
}
