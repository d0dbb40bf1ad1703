// ProgramGeneratorTests.swift - what random programs are made of, by kind, and that a seed says it all.

import KernelMemory
import Litmus
import Testing

@testable import LitmusHost

@Suite struct ProgramGeneratorTests {
    private static let everything: HostMemory = [.swap, .huge, .hugetlb, .collapse, .nodes]
    private static let seeds = UInt64(1)...200

    private static func programs(
        _ memory: HostMemory, _ device: HostDevice, _ seeds: ClosedRange<UInt64> = seeds
    ) throws -> [(program: GeneratedProgram, plan: HostPlan)] {
        try seeds.map { seed in
            var generator = ProgramGenerator(seed: seed, device: device, memory: memory)
            let program = generator.program()
            let scenario = try ScenarioParser.parse(program.text, file: "seed-\(seed)")
            #expect(scenario.program.parts.reduce(0) { $0 + $1.operations.count } == program.parts.reduce(0) { $0 + $1.count })
            let controller = HostController(lendsMemory: memory.contains(.controller), hasDisk: false)
            switch HostPlan.make(scenario, device: device, controller: controller) {
            case .success(let plan): return (program, plan)
            case .failure(let lack): throw Lack(what: "seed \(seed): \(lack.reason)\n\(program.text)")
            }
        }
    }

    private struct Lack: Error { let what: String }

    @Test(arguments: HostDevice.allCases, [HostMemory(), everything, [.controller]])
    func sameSeedSameProgramAndEachCanBePlayed(device: HostDevice, memory: HostMemory) throws {
        let texts = try Self.programs(memory, device, 1...100).map(\.program.text)
        #expect(texts == (try Self.programs(memory, device, 1...100).map(\.program.text)))
        #expect(Set(texts).count == texts.count)
    }

    /// How many programs have a statement that begins so.
    private static func count(_ memory: HostMemory, _ device: HostDevice, _ beginning: String) throws -> Int {
        try programs(memory, device).filter { $0.program.parts.joined().contains { $0.hasPrefix(beginning) } }.count
    }

    @Test(arguments: [
        ("pageout", HostMemory.swap), ("migrate", HostMemory.nodes),
        ("collapse", HostMemory([.huge, .collapse])), ("collapse", HostMemory([.hugetlb, .collapse])),
    ])
    func pagesAreMovedWhereTheMachineCan(beginning: String, needed: HostMemory) throws {
        #expect(try Self.count(needed, .fixedBuffers, beginning) >= 4)
        for missing in [HostMemory.swap, .huge, .hugetlb, .collapse, .nodes] where needed.contains(missing) {
            #expect(try Self.count(needed.subtracting(missing), .fixedBuffers, beginning) == 0)
        }
    }

    @Test(arguments: HostDevice.allCases)
    func hugeProgramsAreOneInEight(device: HostDevice) throws {
        let plans = try Self.programs(Self.everything, device).map(\.plan)
        let scaled = plans.filter(\.grid.isScaled)
        #expect((12...45).contains(scaled.count), "\(scaled.count) of \(plans.count)")
        for kind in [Mapping.anonymousHuge, .hugetlb] {
            #expect(scaled.allSatisfy { plan in
                (0..<Bounds.pages).contains { plan.scenario.initial.layout(ProcessID(0), PageNumber($0))?.mapping == kind }
            })
        }
        #expect(try Self.programs([.swap, .nodes, .collapse], device).allSatisfy { !$0.plan.grid.isScaled })
    }

    @Test func everyStatementOfAnAddressSpaceIsMade() throws {
        let beginnings = [
            "read", "write", "munmap", "mmap a anonymous", "mmap b private disk", "mmap b shared disk", "mprotect a read", "dontneed",
            "dontfork", "dofork", "wipeonfork", "remove", "vmsplice", "unpin", "dma-read", "dma-write", "mlock", "munlock",
            "clear-soft-dirty", "fork", "exit",
        ]
        let statements = try Self.programs(Self.everything, .fixedBuffers).flatMap { $0.program.parts.joined() }
        for beginning in beginnings { #expect(statements.contains { $0.hasPrefix(beginning) }, "\(beginning)") }
        #expect(try Self.count([], .fixedBuffers, "io-uring-register") > 50)
        #expect(try Self.count([], .verbs, "register") > 50)
        #expect(try Self.programs([], .fixedBuffers).contains { $0.program.memory.contains { $0.hasPrefix("process p limit") } })
    }
}
