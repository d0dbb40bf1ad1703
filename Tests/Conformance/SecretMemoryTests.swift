// SecretMemoryTests.swift - memory that the kernel's copies do not reach, registered by its address and used from another process.

import Foundation
import Testing

extension Conformance {
    /// Whether the kernel gives secret memory, by its own word.
    private static let hasSecretMemory =
        (try? String(contentsOfFile: "/sys/module/secretmem/parameters/enable", encoding: .utf8))?.hasPrefix("Y") == true

    @Suite(.enabled(if: hasSecretMemory, "wants memfd_secret (Linux 5.14, before 6.5 with secretmem.enable=1)"))
    struct SecretMemoryTests {
        @Test(arguments: ["secret-used", "secret-exchanged"], [nil, Confinement.noProcessMemory])
        func isUsed(scenario: String, confinement: Confinement?) throws {
            let client = try Workplace.shared.get().compile("statuses")
            let confined = try confinement?.prefix() ?? []
            try Conformance.check("\(scenario), \(confinement?.description ?? "free")") {
                let output = try Conformance.run(confined + [client, scenario], as: .caller)
                #expect(output.contains("\(scenario): holds"), "\(output)")
            }
        }
    }
}
