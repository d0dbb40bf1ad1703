// UserTests.swift - processes of two users do not reach each other.

import Glibc
import Testing

extension Conformance {
    /// Only root can become somebody else; elsewhere these are reported as skipped.
    @Suite(.enabled(if: geteuid() == 0, "wants root, of whose two processes one becomes nobody"))
    struct UserTests {
        @Test(arguments: ["users-target-nobody", "users-initiator-nobody"], LinkLayer.allCases)
        func apart(scenario: String, linkLayer: LinkLayer) throws {
            let client = try Workplace.shared.get().compile("statuses")
            try Conformance.check("\(scenario), \(linkLayer)") {
                let output = try Conformance.run([client, scenario], as: .caller, environment: linkLayer.environment)
                #expect(output.contains("\(scenario): holds"), "\(output)")
            }
        }
    }
}
