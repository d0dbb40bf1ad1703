// HostDeviceTests.swift - what becomes of a scenario's registrations on each device, and what a device cannot play.

import CHostActor
import KernelMemory
import Litmus
import Testing

@testable import LitmusHost

@Suite struct HostDeviceTests {
    private static func plan(_ statements: String, _ device: HostDevice) throws -> Result<HostPlan, HostPlan.Lack> {
        let scenario = try ScenarioParser.parse(
            """
            scenario devices
            debate selftests
            question "What holds its pages?"
            process p {
              a 2 anonymous = 1
            }
            run p {
              \(statements)
              read a[0] -> seen
            }
            expect always seen == 1
            """, file: "devices")
        return HostPlan.make(scenario, device: device)
    }

    /// The commands of a scenario's statements; what is lacking, where it cannot be played.
    private static func commands(_ statements: String, _ device: HostDevice) throws -> (packets: [verbena_host_command], lack: String) {
        switch try plan(statements, device) {
        case .failure(let lack): return ([], lack.reason)
        case .success(let plan):
            let table = HostCommandTable(scenario: plan.scenario, grid: plan.grid)
            return (plan.scenario.program.parts.flatMap(\.operations).compactMap { table.packet($0) }, "")
        }
    }

    @Test(arguments: [
        ("register m a remote-read", 0), ("register m a local-write remote-read", 1), ("pin m a longterm", 0),
        ("pin m a longterm write fast", 3), ("pin m a longterm fast", 2),
    ])
    func theTestOfPinsPinsForReadingOrWriting(statement: String, flags: Int) throws {
        let release = statement.hasPrefix("register") ? "deregister m" : "unpin m"
        let (packets, lack) = try Self.commands("\(statement)\n  dma-read m[1]\n  \(release)", .pinTest)
        #expect(lack == "")
        let kinds = [VERBENA_HOST_HOLD_TEST_PIN, VERBENA_HOST_TEST_PIN_READ, VERBENA_HOST_RELEASE_TEST_PIN, VERBENA_HOST_READ]
        #expect(packets.map(\.kind) == kinds.map(\.rawValue))
        #expect(packets.first?.argument == Int64(flags))
        #expect(packets.dropFirst().first?.length == 4096)
    }

    @Test func anOnDemandRegistrationIsAMirror() throws {
        let statements = "register m a on-demand remote-read remote-write local-write\n  dma-write m[0] 1\n  dma-read m[0]\n  deregister m"
        let (packets, lack) = try Self.commands(statements, .mirror)
        #expect(lack == "")
        let kinds = [
            VERBENA_HOST_HOLD_MIRROR, VERBENA_HOST_MIRROR_WRITE, VERBENA_HOST_MIRROR_READ, VERBENA_HOST_RELEASE_MIRROR, VERBENA_HOST_READ,
        ]
        #expect(packets.map(\.kind) == kinds.map(\.rawValue))
    }

    @Test(arguments: [
        (HostDevice.pinTest, "register m a local-write remote-write\n  dma-write m[0] 1", "only reads"),
        (.pinTest, "pin m a write", "not for long"), (.pinTest, "pin m a longterm write force", "forced"),
        (.pinTest, "register m a on-demand", "on-demand"), (.fixedBuffers, "register m a on-demand", "on-demand"),
        (.verbs, "register m a on-demand", "on-demand"), (.fixedBuffers, "register m a remote-read", "read-only"),
        (.mirror, "register m a remote-read", "not on demand"), (.mirror, "pin m a longterm", "lookup"),
        (.mirror, "register m a on-demand remote-read\n  dma-write m[0] 1", "the key forbids"),
    ])
    func whatADeviceCannotPlayIsNamed(device: HostDevice, statements: String, reason: String) throws {
        let (packets, lack) = try Self.commands(statements, device)
        #expect(packets.isEmpty && lack.contains(reason), "\(lack)")
    }
}
