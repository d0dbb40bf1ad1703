// LitmusHostCommand.swift - `verbena litmus host`.
import ArgumentParser
import KernelMemory
import Litmus
import LitmusHost
import Platform

struct LitmusHostCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Run scenarios on the running kernel, and compare it with the model of it.",
        discussion: """
            Real processes do what the actors do, one statement after the other, in every order that the scenario allows. After each
            statement its outcome is compared with the model's, and (as root) which pages share a page frame, and which lie in a
            device's memory. vmsplice makes references; migrate-to moves pages to HMM's test device, where there is one. Where a scenario
            merges equal pages, /sys/kernel/mm/ksm is switched on for a moment, and what was set there before is set again. What this
            kernel or the device cannot play is listed, not counted.

            DEVICES (verbena litmus fuzz --devices prints those that are here)
              io_uring   registrations are fixed buffers, pinned for writing
              verbs      memory regions of the first RDMA device that is up, and RDMA from a second process
              gup-test   longterm pins, read-only ones too, by the kernel's own test (CONFIG_GUP_TEST; root): one at a time
              hmm        on-demand registrations, by HMM's test device (modprobe test_hmm)
            With any of them, scenarios of peer-to-peer memory map a controller's, if one is named (CONFIG_PCI_P2PDMA).

            Exit code 0: everything that could be run agrees. 1: something differs. 2: a scenario file is wrong.

            EXAMPLES
              verbena litmus host litmus
              verbena litmus host litmus/fork --rules 6.12-debian --orders 200
              verbena litmus host litmus/selftests --outcomes --races
              verbena litmus host litmus/cow --device gup-test
              verbena litmus host litmus/p2p --controller 0000:03:00.0 --transfer-disk /dev/nvme1n1
            """)

    @Argument(help: "Scenario files, or folders of them.")
    var files: [String] = ["litmus"]

    @Option(help: "The model's rules; without it those of the running kernel.")
    var rules: String?

    @Option(help: "Orders of statements to run of each scenario; the seed chooses where there are more.")
    var orders = 60

    @Option(help: "Chooses orders.")
    var seed: UInt64 = 1

    @Option(help: "What holds pages: \(HostDevice.allCases.map(\.rawValue).joined(separator: ", ")).")
    var device: HostDevice = .fixedBuffers

    @OptionGroup var controller: ControllerOptions

    @Flag(help: "Print what each scenario recorded: the model's word beside the kernel's.")
    var outcomes = false

    @Flag(help: "List outcomes that the model allows when statements overlap, and that were not seen.")
    var races = false

    @Flag(help: "Print only what differs, and the totals.")
    var quiet = false

    func validate() throws {
        guard orders > 0 else { throw ValidationError("--orders takes a number from 1 on") }
    }

    func run() throws {
        try controller.use()
        // Before anything else: the nursery is forked from a process with one thread.
        let nursery = try HostNursery()
        let preset = try Self.preset(named: rules)
        let scenarios = try LitmusFiles.scenarios(files)
        let comparesFrames = Host.hasCapability(.systemAdministration)
        var counts = (agree: 0, differ: 0, lack: 0)
        for scenario in scenarios {
            let report = try HostReport(
                scenario, rules: preset.rules, device: device, nursery: nursery, limit: orders, seed: seed,
                comparesFrames: comparesFrames)
            show(report, &counts)
        }
        print(
            "Linux \(Host.kernelRelease) beside the rules of \(preset.name): \(counts.agree) scenarios agree, \(counts.differ) differ,"
                + " \(counts.lack) cannot be played here, device \(device.rawValue)" + (comparesFrames ? "" : "; frames not compared: that takes root"))
        if counts.differ > 0 { throw ExitCode(1) }
    }

    /// The preset of that name; without one, the running kernel's.
    static func preset(named name: String?) throws -> KernelPreset {
        guard let name else { return RunningKernel.preset(release: Host.kernelRelease, build: Host.kernelBuild) }
        guard let preset = KernelPreset.named(name) else {
            throw ValidationError("no preset '\(name)'; there are: \((KernelPreset.all + KernelPreset.measured).map(\.name).joined(separator: ", "))")
        }
        return preset
    }

    private func show(_ report: HostReport, _ counts: inout (agree: Int, differ: Int, lack: Int)) {
        switch report.verdict {
        case .agrees(let orders, let all):
            counts.agree += 1
            if !quiet { print("agrees   \(report.scenario.name): \(all ? "all" : "some") \(orders) orders") }
            showOutcomes(of: report)
        case .differs(let mismatch):
            counts.differ += 1
            print("DIFFERS  \(report.scenario.name) (\(report.scenario.file))\n\(mismatch)")
            showOutcomes(of: report)
        case .lacks(let need):
            counts.lack += 1
            if !quiet { print("-        \(report.scenario.name): \(need)") }
        }
    }

    private func showOutcomes(of report: HostReport) {
        if outcomes {
            for observation in report.observations where !observation.seen.isEmpty {
                print("recorded \(report.scenario.name): predicted \(observation.predicted); seen \(observation.seen)")
            }
        }
        guard races, let unseen = report.unseenOutcomes(limit: Self.raceLimit) else { return }
        for outcome in unseen { print("unseen   \(report.scenario.name): \(outcome)") }
    }

    /// States of a scenario's races that are worth walking through.
    private static var raceLimit: Int { 100_000 }
}
