// PairCase.swift - one pair of unmodified programs: a server and a client of the same kind.

/// What to start on both sides, and what both sides must have printed in the end.
struct PairCase: Sendable, CustomStringConvertible {
    let program: String
    /// Given to both sides. "PORT" stands for the pair's TCP port.
    let arguments: [String]
    /// Given to the client, after the server's address.
    var clientArguments: [String] = []
    var linkLayer = LinkLayer.ethernet
    var environment: [String: String] = [:]
    var client: [Expectation] = []
    var server: [Expectation] = []
    /// What one side registers at most.
    var pinned: UInt64 = 1 << 20

    var usesExtendedConnections: Bool { program.contains("xsrq") || arguments.contains("XRC") }

    var description: String {
        let words = [program] + arguments.filter { $0 != "PORT" && $0 != "-p" && $0 != "-lp" } + clientArguments
        let extra = environment.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return words.joined(separator: " ") + " over " + linkLayer.rawValue + extra
    }
}
