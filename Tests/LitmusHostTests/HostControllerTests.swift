// HostControllerTests.swift - what becomes of scenarios of peer-to-peer memory where a controller was named, and where none was.

import CHostActor
import KernelMemory
import Litmus
import Testing

@testable import LitmusHost

@Suite struct HostControllerTests {
    private static let both = HostController(lendsMemory: true, hasDisk: true)

    /// The commands of a scenario's statements; what is lacking, where it cannot be played.
    private static func commands(_ statements: String, _ controller: HostController) throws -> (packets: [verbena_host_command], lack: String) {
        let scenario = try ScenarioParser.parse(
            """
            scenario peers
            debate p2p
            question "Who holds it?"
            object bar 1 p2p = 7
            frames 1 p2p
            process p {
              a 1 shared bar
              b 1 anonymous = 1
            }
            run p {
              \(statements)
              read b
            }
            run admin kernel {
              unbind
            }
            expect never use-after-free
            """, file: "peers")
        switch HostPlan.make(scenario, device: .verbs, controller: controller) {
        case .failure(let lack): return ([], lack.reason)
        case .success(let plan):
            let table = HostCommandTable(scenario: plan.scenario, grid: plan.grid)
            return (plan.scenario.program.parts.flatMap(\.operations).compactMap { table.packet($0) }, "")
        }
    }

    @Test func aLookUpThatAsksIsATransfer() throws {
        let (packets, lack) = try Self.commands("pin x a p2p\n  dma-read x[0]\n  unpin x\n  pin y a write p2p\n  unpin y", Self.both)
        #expect(lack == "")
        let kinds = [
            VERBENA_HOST_HOLD_TRANSFER, VERBENA_HOST_TRANSFER_READ, VERBENA_HOST_RELEASE_TRANSFER, VERBENA_HOST_HOLD_TRANSFER,
            VERBENA_HOST_RELEASE_TRANSFER, VERBENA_HOST_READ, VERBENA_HOST_UNBIND,
        ]
        #expect(packets.map(\.kind) == kinds.map(\.rawValue))
        #expect(packets.filter { $0.kind == VERBENA_HOST_HOLD_TRANSFER.rawValue }.map(\.argument) == [0, 1])
    }

    @Test func aLookUpThatDoesNotAskIsAPipes() throws {
        let (packets, _) = try Self.commands("pin x a", Self.both)
        #expect(packets.first?.kind == VERBENA_HOST_HOLD_PIPE.rawValue)
    }

    @Test(arguments: [
        ("pin x a longterm p2p\n  unpin x", "for long"), ("pin x a p2p", "never ends"), ("pin x a p2p\n  dma-write x[0] 3\n  unpin x", "has begun"),
        ("mmap b shared bar read write", "mapped twice"),
    ])
    func whatNoTransferCanBeIsNamed(statements: String, need: String) throws {
        #expect(try Self.commands(statements, Self.both).lack.contains(need))
    }

    @Test func whereNothingWasNamedNothingIsPlayed() throws {
        #expect(try Self.commands("read a", HostController(lendsMemory: false, hasDisk: false)).lack.contains("--controller"))
        #expect(try Self.commands("pin x a p2p\n  unpin x", HostController(lendsMemory: true, hasDisk: false)).lack.contains("--transfer-disk"))
    }

    @Test func aNameThatIsNoneIsRefused() {
        #expect(throws: HostFailure.self) { try HostController.use(address: "0000:ff:1f.7", disk: "") }
        #expect(throws: HostFailure.self) { try HostController.use(address: "../../etc", disk: "") }
        #expect(throws: Never.self) { try HostController.use(address: "", disk: "") }
    }
}
