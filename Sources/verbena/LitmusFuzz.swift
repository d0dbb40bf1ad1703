// LitmusFuzz.swift - `verbena litmus fuzz`.
import ArgumentParser
import KernelMemory
import Litmus
import LitmusHost
import Platform

struct LitmusFuzz: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Random programs on the running kernel and on the model of it, compared step by step.",
        discussion: """
            Programs are of ordinary pages, which are paged out and move where the machine has swap space and several NUMA nodes; one in
            eight is of huge pages, where the machine has hugetlb pages or those that come when asked for (transparent_hugepage/enabled:
            madvise). The first difference is made as small as it can be and printed as a scenario file. Exit code 1 then, 0 if all agree.

            EXAMPLES
              verbena litmus fuzz --seconds 60
              verbena litmus fuzz --programs 20000 --seed 5
            The wrong kernel's rules, where differences are certain:
              verbena litmus fuzz --programs 2000 --rules 5.19
            How soon each wrong rule would be noticed, and as fast as can be:
              verbena litmus fuzz --teeth --programs 2000
              verbena litmus fuzz --teeth --search --programs 20000
            The same on another machine: searched here, followed there:
              verbena litmus fuzz --teeth --plan p --rules linux-6.1.192
              verbena litmus fuzz --teeth --follow p
            """)

    @Option(help: "Stop after so many seconds.")
    var seconds: Int?

    @Option(help: "Stop after so many programs (2000 if nothing else is said).")
    var programs: Int?

    @Option(help: "The first program's seed; the next ones follow.")
    var seed: UInt64 = 1

    @Option(help: "The model's rules; without it those of the running kernel.")
    var rules: String?

    @Flag(help: "Turn each switch of the rules over, and count programs until the kernel gives it away.")
    var teeth = false

    @Flag(help: "With --teeth: run on the kernel only programs by which, so the model, a switch would show.")
    var search = false

    @Option(help: "With --teeth: search, and write to this file what --follow runs on another machine.")
    var plan: String?

    @Option(help: "With --plan: what that machine has; --devices prints it there.")
    var memory: HostMemory = .here

    @Option(help: "With --teeth: run the programs that --plan found, with its device and seed.")
    var follow: String?

    @Option(help: "What holds pages: \(HostDevice.allCases.map(\.rawValue).joined(separator: ", ")).")
    var device: HostDevice = .fixedBuffers

    @OptionGroup var controller: ControllerOptions

    @Flag(help: "Print the devices that this kernel offers, and on standard error the memory of --memory, and end.")
    var devices = false

    func validate() throws {
        guard teeth || !search && plan == nil && follow == nil else { throw ValidationError("--search, --plan and --follow go with --teeth") }
        guard [search, plan != nil, follow != nil].count(where: { $0 }) <= 1 else { throw ValidationError("--search, --plan and --follow exclude each other") }
        guard seconds ?? 1 > 0, programs ?? 1 > 0 else { throw ValidationError("--seconds and --programs take numbers from 1 on") }
    }

    func run() throws {
        try controller.use()
        guard !devices else { return printDevices() }
        let nursery = try HostNursery()
        let preset = try LitmusHostCommand.preset(named: rules)
        if teeth { return try runTeeth(nursery, preset) }
        let comparesFrames = Host.hasCapability(.systemAdministration)
        var fuzzer = HostFuzzer(nursery, device: device, rules: preset.rules, memory: .here, comparesFrames: comparesFrames)
        let (limit, end) = (limit, end)
        var (done, played) = (0, 0)
        // What cannot be played does not count, unless it is nearly all.
        while played < limit, done / 2 < limit, Clock.monotonicNanoseconds() < end {
            if let finding = try fuzzer.run(seed: seed &+ UInt64(done)) {
                clearProgress()
                print("# program \(done + 1), seed \(finding.seed): Linux \(Host.kernelRelease) beside the rules of \(preset.name)")
                print(finding.text)
                print(finding.mismatch)
                throw ExitCode(1)
            }
            done += 1
            played = done - fuzzer.lacks.values.reduce(0, +) - fuzzer.unsteady.count
            if done.isMultiple(of: 100) { showProgress(played, limit) }
        }
        clearProgress()
        printLacks(fuzzer.lacks)
        printUnsteady(fuzzer.unsteady)
        printAgreement(played, preset)
    }

    private func printDevices() {
        for device in HostDevice.allCases where device.isHere { print(device.rawValue) }
        Host.writeStandardError("memory \(HostMemory.here.names)\n")
    }

    func printUnsteady(_ programs: [HostUnsteady]) {
        guard !programs.isEmpty else { return }
        print("unsteady \(programs.count) programs: they differed once, and not again")
        for program in programs { print("# once, seed \(program.seed):\n\(program.mismatch)") }
    }

    func printAgreement(_ played: Int, _ preset: KernelPreset) {
        let frames = Host.hasCapability(.systemAdministration) ? "" : "; frames not compared: that takes root"
        print(
            "\(played) programs from seed \(seed) on Linux \(Host.kernelRelease) agree with the rules of \(preset.name), device \(device.rawValue)"
                + frames)
    }

    /// What could not be played is no part of what agrees.
    func printLacks(_ lacks: [String: Int]) {
        for (need, count) in lacks.sorted(by: { $0.key < $1.key }) { print("unplayed \(count) programs: \(need)") }
    }

    func showProgress(_ done: Int, _ limit: Int) {
        guard LitmusFiles.isErrorTerminal else { return }
        Host.writeStandardError("\r\(done)\(limit == .max ? "" : " of \(limit)") programs")
    }

    func clearProgress() {
        if LitmusFiles.isErrorTerminal { Host.writeStandardError("\r\u{1B}[K") }
    }
}

extension HostDevice: ExpressibleByArgument {}
