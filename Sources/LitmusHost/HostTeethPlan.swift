// HostTeethPlan.swift - the programs that a search has found, as a file takes them to the machine on which they run.
//
// Owns: the text. Does not: find the programs (`HostTeethSearch`) or run them (`HostTeeth`).
import KernelMemory

/// The random programs by which wrong rules would show.
public struct HostTeethPlan: Equatable, Sendable {
    public let device: HostDevice
    /// The preset's name.
    public let rules: String
    /// What the machine has that the programs were made for.
    public let memory: HostMemory
    /// The first program's seed; those of the others follow.
    public let seed: UInt64
    /// Programs that were searched.
    public internal(set) var programs = 0
    /// Of these, the ones to run, counted from 1 on.
    public internal(set) var plays: [Int] = []
    /// Programs that the model runs otherwise with a switch turned over.
    public internal(set) var candidates: [KernelSwitch: Int] = [:]

    init(device: HostDevice, rules: String, memory: HostMemory, seed: UInt64) {
        (self.device, self.rules, self.memory, self.seed) = (device, rules, memory, seed)
    }

    /// One fact a line: "device verbs", "memory swap,huge", "play 17", "otherwise exclusive-flag 271".
    public var text: String {
        var lines = ["device \(device.rawValue)", "rules \(rules)", "memory \(memory.names)", "seed \(seed)", "programs \(programs)"]
        lines += plays.map { "play \($0)" }
        lines += KernelSwitch.allCases.compactMap { rule in
            candidates[rule].flatMap { $0 > 0 ? "otherwise \(rule.name) \($0)" : nil }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// - Throws: `HostFailure` if the text is none of a plan's.
    public init(parsing text: String) throws(HostFailure) {
        var (facts, plays, candidates): ([String: String], [Int], [KernelSwitch: Int]) = ([:], [], [:])
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("play", 2): plays.append(Int(words[1]) ?? 0)
            case ("otherwise", 3): if let rule = KernelSwitch.allCases.first(where: { $0.name == words[1] }) { candidates[rule] = Int(words[2]) }
            case (let name?, 1...2): facts[name] = words.count == 2 ? words[1] : ""
            default: throw HostFailure(description: "not a plan's line: \(line)")
            }
        }
        guard let device = facts["device"].flatMap(HostDevice.init(rawValue:)), let rules = facts["rules"], let seed = facts["seed"].flatMap({ UInt64($0) }),
            let programs = facts["programs"].flatMap({ Int($0) }), let memory = facts["memory"].flatMap(HostMemory.init(names:)),
            plays.allSatisfy((1...max(programs, 1)).contains)
        else { throw HostFailure(description: "not a plan of --plan: device, rules, memory, seed or programs are missing, or wrong") }
        self.init(device: device, rules: rules, memory: memory, seed: seed)
        (self.programs, self.plays, self.candidates) = (programs, plays, candidates)
    }
}
