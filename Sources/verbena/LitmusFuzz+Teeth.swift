// LitmusFuzz+Teeth.swift - `verbena litmus fuzz --teeth`: how soon each wrong rule would be noticed.
import ArgumentParser
import KernelMemory
import LitmusHost
import Platform

extension HostMemory: ExpressibleByArgument {
    public init?(argument: String) { self.init(names: argument) }
    public var defaultValueDescription: String { "that of this machine" }
}

extension LitmusFuzz {
    func runTeeth(_ nursery: HostNursery, _ preset: KernelPreset) throws {
        if let plan { return try LitmusFiles.write(search(preset).text, to: plan) }
        let found = search ? try self.search(preset) : try follow.map(read)
        if let found { try checkMachine(found, preset) }
        var teeth = HostTeeth(
            nursery, device: found?.device ?? device, rules: preset.rules, memory: .here,
            comparesFrames: Host.hasCapability(.systemAdministration), following: found)
        let done = try found.map { try followPlan(&teeth, $0) } ?? tryAll(&teeth)
        try printTeeth(teeth, done, preset, isSearched: found != nil)
    }

    var limit: Int { programs ?? (seconds == nil ? 2000 : .max) }
    var end: UInt64 { Clock.monotonicNanoseconds() + UInt64(seconds ?? 1_000_000) * 1_000_000_000 }

    private func read(_ path: String) throws -> HostTeethPlan {
        guard let bytes = SmallFile.read(path, limit: 1 << 20) else { throw ValidationError("\(path) cannot be read") }
        return try HostTeethPlan(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// A plan for another machine finds nothing here.
    private func checkMachine(_ plan: HostTeethPlan, _ preset: KernelPreset) throws {
        guard plan.rules == preset.name else { throw ValidationError("the plan is for the rules of \(plan.rules); these are \(preset.name)'s") }
        guard plan.memory == .here else { throw ValidationError("the plan is for --memory \(plan.memory.names); here it is \(HostMemory.here.names)") }
    }

    private func search(_ preset: KernelPreset) throws -> HostTeethPlan {
        var search = HostTeethSearch(device: device, preset: preset, memory: memory, seed: seed)
        let (limit, end) = (limit, end)
        var done = 0
        while done < limit, Clock.monotonicNanoseconds() < end {
            try search.searchNext()
            done += 1
            if done.isMultiple(of: 100) { showProgress(done, limit) }
        }
        clearProgress()
        return search.found
    }

    private func followPlan(_ teeth: inout HostTeeth, _ plan: HostTeethPlan) throws -> Int {
        for place in plan.plays.indices {
            try teeth.follow(place)
            showProgress(place + 1, plan.plays.count)
        }
        clearProgress()
        return plan.programs
    }

    private func tryAll(_ teeth: inout HostTeeth) throws -> Int {
        let (limit, end) = (limit, end)
        var done = 0
        while done < limit, Clock.monotonicNanoseconds() < end {
            try teeth.run(seed: seed &+ UInt64(done), number: done + 1)
            done += 1
            if done.isMultiple(of: 100) { showProgress(done, limit) }
        }
        clearProgress()
        return done
    }

    /// Each program was compared with the kernel's own rules first: what agrees says so here too.
    private func printTeeth(_ teeth: HostTeeth, _ done: Int, _ preset: KernelPreset, isSearched: Bool) throws {
        printLacks(teeth.lacks)
        printUnsteady(teeth.unsteady)
        if isSearched {
            print("\(done) programs searched, \(teeth.played) of them run on Linux \(Host.kernelRelease), device \(teeth.device.rawValue)")
        } else {
            printAgreement(done - teeth.lacks.values.reduce(0, +) - teeth.disagreements.count, preset)
        }
        let caught = teeth.rows.compactMap { row in row.caughtAfter.map { (row.rule.name, $0) } }
        for (name, count) in caught { print("caught   \(name)  \(count)") }
        for row in teeth.rows where row.caughtAfter == nil && row.candidates > 0 {
            let reason = row.rule.whyProgramsAreSilent(teeth.device, .here, ranOtherwise: true)
            print("missed   \(row.rule.name)  the model runs \(row.candidates) programs otherwise, which was not seen: \(reason)")
        }
        let silent = teeth.rows.filter { $0.caughtAfter == nil && $0.candidates == 0 }
        for row in silent { print("silent   \(row.rule.name)  \(row.rule.whyProgramsAreSilent(teeth.device, .here, ranOtherwise: false))") }
        print("\(caught.count) switches of \(preset.name) caught; no program depends on \(silent.count)")
        guard !teeth.disagreements.isEmpty else { return }
        print("differs in \(teeth.disagreements.count) programs, of seeds \(teeth.disagreements.map(String.init).joined(separator: ", "))")
        throw ExitCode(1)
    }
}
