// ClientScenario.swift - one scenario of one of our C clients.

/// A client's name, and the argument that selects what it plays.
struct ClientScenario: Sendable, CustomStringConvertible {
    let client: String
    let name: String
    let linkLayer: LinkLayer

    var description: String { "\(client) \(name) over \(linkLayer.rawValue)" }

    /// What a client says that it can play: one name a line.
    static func list(_ client: String) throws -> [ClientScenario] {
        let place = try Workplace.shared.get()
        let process = try ChildProcess(
            [place.compile(client), "--list"], environment: ["PATH": "/usr/bin"], output: place.folder)
        guard process.wait() == .exited(0) else { throw ChildProcess.StartFailure(description: process.output) }
        return process.output.split(separator: "\n").flatMap { name in
            LinkLayer.allCases.map { ClientScenario(client: client, name: String(name), linkLayer: $0) }
        }
    }
}
