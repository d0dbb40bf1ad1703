// PairRun.swift - runs a pair: server, then client, then judges both.

import Glibc
import Testing

/// A pair in motion.
final class PairRun {
    private let pair: PairCase
    private let user: User
    private var serverConfinement: Confinement?
    private var clientConfinement: Confinement?
    private let port = ListeningPort()
    private var server: ChildProcess?
    private var client: ChildProcess?

    init(_ pair: PairCase, as user: User) {
        self.pair = pair
        self.user = user
    }

    /// A pair that the caller runs, confined.
    convenience init(_ confined: ConfinedPair) {
        var freed = confined.pair
        // The capability that lifts the limit counts for nothing in a user namespace.
        freed.environment["VERBENA_MEMLOCK"] = "unlimited"
        self.init(freed, as: .caller)
        serverConfinement = confined.server
        clientConfinement = confined.client
    }

    /// Runs the pair to its end.
    func run() throws {
        try startServer()
        try startClient()
        finish()
    }

    /// What clients of extended connections leave behind, and cannot open as another user.
    private static func removeDomainFiles() {
        for name in ["xrc_domain", "xrc_domain_client", "xrc_domain_server"] { unsafe unlink("/tmp/\(name)") }
    }

    /// Starts the server and waits until it listens.
    func startServer() throws {
        if pair.usesExtendedConnections { Self.removeDomainFiles() }
        let server = try start([], serverConfinement)
        self.server = server
        let ready = waitUntil(seconds: 30) { port.isListening || !server.isRunning }
        #expect(ready && server.isRunning, "the server never listened: \(server.command)\n\(server.output)")
    }

    func startClient() throws {
        client = try start(["127.0.0.1"] + pair.clientArguments, clientConfinement)
    }

    /// Waits for both and judges them.
    func finish() {
        judge(client, "client", pair.client)
        judge(server, "server", pair.server)
        if pair.usesExtendedConnections { Self.removeDomainFiles() }
    }

    private func start(_ more: [String], _ confinement: Confinement?) throws -> ChildProcess {
        let arguments = pair.arguments.map { $0 == "PORT" ? String(port.number) : $0 }
        // qperf reads its options only after the server's name.
        let words = pair.program == "qperf" ? more.prefix(1) + arguments + more.dropFirst() : arguments + more
        let environment = pair.linkLayer.environment.merging(pair.environment) { $1 }
        return try Workplace.shared.get().start(
            (confinement?.prefix() ?? []) + [pair.program] + words, as: user, environment: environment)
    }

    private func judge(_ process: ChildProcess?, _ side: String, _ expectations: [Expectation]) {
        guard let process else { return }
        let ending = process.wait()
        let output = process.output
        let told = "\(side) as \(user): \(process.command)\n\(output)\(process.lastSeen)"
        #expect(ending == .exited(0), "\(told)")
        #expect(Expectation.badLines(output) == [], "\(told)")
        for complaint in expectations.flatMap({ $0.complaints(about: output) }) { Issue.record("\(complaint): \(told)") }
    }
}
