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
              verbena litmus fuzz --programs 2000 --rules 5.19     (the wrong kernel's rules: differences are certain)
              verbena litmus fuzz --teeth --programs 20000         (and how soon each wrong rule would be noticed)
              verbena litmus fuzz --teeth --search --programs 20000    (that alone, as fast as can be)
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

    @Option(help: "What holds pages: \(HostDevice.allCases.map(\.rawValue).joined(separator: ", ")).")
    var device: HostDevice = .fixedBuffers

    @OptionGroup var controller: ControllerOptions

    @Flag(help: "Print the devices that this kernel offers, and end.")
    var devices = false

    func validate() throws {
        guard teeth || !search else { throw ValidationError("--search goes with --teeth") }
        guard seconds ?? 1 > 0, programs ?? 1 > 0 else { throw ValidationError("--seconds and --programs take numbers from 1 on") }
    }

    func run() throws {
        guard !devices else { return HostDevice.allCases.filter(\.isHere).forEach { print($0.rawValue) } }
        try controller.use()
        let nursery = try HostNursery()
        let preset = try LitmusHostCommand.preset(named: rules)
        let comparesFrames = Host.hasCapability(.systemAdministration)
        let limit = programs ?? (seconds == nil ? 2000 : .max)
        let end = Clock.monotonicNanoseconds() + UInt64(seconds ?? 1_000_000) * 1_000_000_000
        if teeth {
            var teeth = HostTeeth(nursery, device: device, rules: preset.rules, memory: .here, comparesFrames: comparesFrames)
            let done = try tryTeeth(&teeth, limit, end)
            return try printTeeth(teeth, done, preset)
        }
        var fuzzer = HostFuzzer(nursery, device: device, rules: preset.rules, memory: .here, comparesFrames: comparesFrames)
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

    private func printUnsteady(_ programs: [HostUnsteady]) {
        guard !programs.isEmpty else { return }
        print("unsteady \(programs.count) programs: they differed once, and not again")
        for program in programs { print("# once, seed \(program.seed):\n\(program.mismatch)") }
    }

    private func printAgreement(_ played: Int, _ preset: KernelPreset) {
        let frames = Host.hasCapability(.systemAdministration) ? "" : "; frames not compared: that takes root"
        print(
            "\(played) programs from seed \(seed) on Linux \(Host.kernelRelease) agree with the rules of \(preset.name), device \(device.rawValue)"
                + frames)
    }

    private func tryTeeth(_ teeth: inout HostTeeth, _ limit: Int, _ end: UInt64) throws -> Int {
        var done = 0
        while done < limit, Clock.monotonicNanoseconds() < end {
            try teeth.run(seed: seed &+ UInt64(done), number: done + 1, searches: search)
            done += 1
            if done.isMultiple(of: 100) { showProgress(done, limit) }
        }
        clearProgress()
        return done
    }

    /// What could not be played is no part of what agrees.
    private func printLacks(_ lacks: [String: Int]) {
        for (need, count) in lacks.sorted(by: { $0.key < $1.key }) { print("unplayed \(count) programs: \(need)") }
    }

    /// Each program was compared with the kernel's own rules first: what agrees says so here too.
    private func printTeeth(_ teeth: HostTeeth, _ done: Int, _ preset: KernelPreset) throws {
        printLacks(teeth.lacks)
        printUnsteady(teeth.unsteady)
        if search {
            print("\(done) programs searched, \(teeth.played) of them run on Linux \(Host.kernelRelease), device \(device.rawValue)")
        } else {
            printAgreement(done - teeth.lacks.values.reduce(0, +) - teeth.disagreements.count, preset)
        }
        let caught = teeth.rows.compactMap { row in row.caughtAfter.map { (row.rule.name, $0) } }
        for (name, count) in caught { print("caught   \(name)  \(count)") }
        for row in teeth.rows where row.caughtAfter == nil && row.candidates > 0 {
            let reason = row.rule.whyProgramsAreSilent(device, .here, ranOtherwise: true)
            print("missed   \(row.rule.name)  the model runs \(row.candidates) programs otherwise, which was not seen: \(reason)")
        }
        let silent = teeth.rows.filter { $0.candidates == 0 }
        for row in silent { print("silent   \(row.rule.name)  \(row.rule.whyProgramsAreSilent(device, .here, ranOtherwise: false))") }
        print("\(caught.count) switches of \(preset.name) caught; no program depends on \(silent.count)")
        guard !teeth.disagreements.isEmpty else { return }
        print("differs in \(teeth.disagreements.count) programs, of seeds \(teeth.disagreements.map(String.init).joined(separator: ", "))")
        throw ExitCode(1)
    }

    private func showProgress(_ done: Int, _ limit: Int) {
        guard LitmusFiles.isErrorTerminal else { return }
        Host.writeStandardError("\r\(done)\(limit == .max ? "" : " of \(limit)") programs")
    }

    private func clearProgress() {
        if LitmusFiles.isErrorTerminal { Host.writeStandardError("\r\u{1B}[K") }
    }
}

extension HostDevice: ExpressibleByArgument {}
