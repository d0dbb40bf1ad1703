// TextStyle.swift - colours, by meaning.
//
// Counterpart: console_codes(4).

/// What a row means; shown by colour on a terminal.
enum TextStyle {
    case plain, heading, good, notable, bad

    func wrap(_ text: String) -> String {
        switch self {
        case .plain: text
        case .heading: "\u{1B}[1m\(text)\u{1B}[0m"
        case .good: "\u{1B}[32m\(text)\u{1B}[0m"
        case .notable: "\u{1B}[33m\(text)\u{1B}[0m"
        case .bad: "\u{1B}[31m\(text)\u{1B}[0m"
        }
    }
}
