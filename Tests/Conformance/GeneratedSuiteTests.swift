// GeneratedSuiteTests.swift - the generated suite (Tests/Suite) holds on the device, and docs/SUPPORT.md says what it says.
//
// After a change of the suite: VERBENA_WRITE_DOCS=1 swift test --filter GeneratedSuiteTests

import Foundation
import Testing

extension Conformance {
    @Suite struct GeneratedSuiteTests {
        @Test(arguments: LinkLayer.allCases)
        func everyCaseHolds(link: LinkLayer) throws {
            let program = try Workplace.built("conformance-suite")
            for topic in try Self.topics(of: program) {
                try Conformance.check("suite/\(topic)/\(link.rawValue)") {
                    let output = try Conformance.run(
                        [program, "--topic", topic], as: .caller, environment: link.environment, seconds: 120)
                    #expect(output.hasSuffix(" cases, 0 failed\n"), "\(output)")
                }
            }
        }

        /// The table is printed by the rules that the cases are made from: what it says is what was tried.
        @Test func theSupportTableIsWhatTheSuiteTries() throws {
            let program = try Workplace.built("conformance-suite")
            let table = try Conformance.run([program, "--table"], as: .caller)
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/SUPPORT.md").standardizedFileURL
            if ProcessInfo.processInfo.environment["VERBENA_WRITE_DOCS"] != nil {
                try table.write(to: file, atomically: true, encoding: .utf8)
            }
            let written = try String(contentsOf: file, encoding: .utf8)
            let changed = zip(written.split(separator: "\n"), table.split(separator: "\n")).first { $0 != $1 }
            #expect(written == table, "first difference: \(String(describing: changed))")
        }

        private static func topics(of program: String) throws -> [String] {
            let output = try Conformance.run([program, "--list"], as: .caller)
            return output.split(separator: "\n").map(String.init)
        }
    }
}
