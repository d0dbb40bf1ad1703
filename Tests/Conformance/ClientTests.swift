// ClientTests.swift - our own C clients: what two processes see of each promise of the verbs.

import Foundation
import Testing

extension Conformance {
    @Suite struct ClientTests {
        static let clients = ["statuses", "forks", "storms", "xrc"]

        /// What follows a scenario's name. A long run wants storms of another size and seed: VERBENA_STORM="SCALE SEED".
        static func options(_ client: String) -> [String] {
            guard client == "storms", let storm = ProcessInfo.processInfo.environment["VERBENA_STORM"] else { return [] }
            return storm.split(separator: " ").map(String.init)
        }

        /// What other suites play: in a memory group, as two users, where there is a driver that exports memory, or a kernel with secret memory; and
        /// scripts/peer-memory, where a controller has memory.
        private static let elsewhere = ["group-", "users-", "exported-", "secret-", "peer-"]

        /// Every scenario of every client, by the client's own list.
        static let scenarios: [ClientScenario] = clients.flatMap { client in
            ((try? ClientScenario.list(client)) ?? [ClientScenario(client: client, name: "--list", linkLayer: .ethernet)])
                .filter { scenario in !elsewhere.contains { scenario.name.hasPrefix($0) } }
        }

        /// Why the kernel does not let this user have what a scenario is about; the case then counts as skipped.
        private static func refusal(of scenario: String, in output: String) -> String? {
            output.split(separator: "\n").first { $0.hasPrefix("\(scenario): not granted: ") }.map(String.init)
        }

        @Test(arguments: scenarios, User.available)
        func holds(scenario: ClientScenario, user: User) throws {
            let client = try Workplace.shared.get().compile(scenario.client)
            try Conformance.check(scenario.description) {
                let output = try Conformance.run(
                    [client, scenario.name] + Self.options(scenario.client), as: user,
                    environment: scenario.linkLayer.environment, seconds: 600)
                if let reason = Self.refusal(of: scenario.name, in: output) { try Test.cancel(Comment(rawValue: reason)) }
                #expect(output.contains("\(scenario.name): holds"), "\(output)")
            }
        }

        @Test(arguments: clients)
        func theClientNamesItsScenarios(client: String) throws {
            #expect(try ClientScenario.list(client).count >= 3)
        }
    }
}
