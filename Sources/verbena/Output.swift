// Output.swift - how subcommands write: tables for people, JSON for scripts.
import Platform

/// Standard output.
enum Output {
    /// The table, as wide as the terminal, coloured only there (and not if NO_COLOR is set).
    static func table(_ table: TextTable) {
        let terminal = Host.terminalColumns()
        let coloured = terminal != nil && Host.environment("NO_COLOR") == nil
        print(table.text(columns: terminal ?? 120, coloured: coloured), terminator: "")
    }

    static func json(_ value: JSONValue) { print(value.text()) }
}
