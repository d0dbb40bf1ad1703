// HostFuzzer.swift - random programs on the running kernel and on the model of it, until they part.
//
// Owns: the order of programs and their shrinking.
import KernelMemory
import Litmus

/// Runs random programs on the running kernel and on the model.
public struct HostFuzzer {
    private let nursery: HostNursery
    private let device: HostDevice
    private let rules: KernelRules
    private let memory: HostMemory
    private let comparesFrames: Bool
    /// Programs that could not be run, by what they lacked.
    public private(set) var lacks: [String: Int] = [:]
    /// Programs that differed once and, run again in the same order, did not.
    public private(set) var unsteady: [HostUnsteady] = []
    /// Orders of a program's statements, chosen by its seed: another order is as good as another program.
    static var ordersEach: Int { 1 }

    /// A program on which kernel and model differ, as small as leaving out statements makes it.
    public struct Finding: Sendable {
        public let seed: UInt64
        /// A scenario file that shows it again.
        public let text: String
        public let mismatch: HostMismatch
    }

    public init(_ nursery: HostNursery, device: HostDevice, rules: KernelRules, memory: HostMemory, comparesFrames: Bool) {
        self.nursery = nursery
        self.device = device
        self.rules = rules
        self.memory = memory
        self.comparesFrames = comparesFrames
    }

    /// One program; nil if both agree on it, or if it lacks something, which is counted.
    public mutating func run(seed: UInt64) throws(HostFailure) -> Finding? {
        var generator = ProgramGenerator(seed: seed, device: device, memory: memory)
        let program = generator.program()
        guard program.scenario() != nil else { throw HostFailure(description: "seed \(seed) makes no scenario:\n\(program.text)") }
        do throws(HostFailure) {
            guard let first = try differs(program, seed) else { return nil }
            guard let mismatch = try differs(program, seed) else {
                unsteady.append(HostUnsteady(seed: seed, mismatch: first))
                return nil
            }
            return try shrink(program, mismatch, seed)
        } catch {
            guard error.isLack else { throw HostFailure(description: "program of seed \(seed): \(error.description)") }
            lacks[error.description, default: 0] += 1
            return nil
        }
    }

    /// The difference that a program shows.
    private func differs(_ program: GeneratedProgram, _ seed: UInt64) throws(HostFailure) -> HostMismatch? {
        guard let scenario = program.scenario() else { return nil }
        let report = try HostReport(
            scenario, rules: rules, device: device, nursery: nursery, limit: Self.ordersEach, seed: seed,
            comparesFrames: comparesFrames)
        switch report.verdict {
        case .agrees: return nil
        case .differs(let mismatch): return mismatch
        case .lacks(let need): throw HostFailure(description: need, isLack: true)
        }
    }

    private func shrink(_ program: GeneratedProgram, _ first: HostMismatch, _ seed: UInt64) throws(HostFailure) -> Finding {
        var (program, mismatch) = (program, first)
        var isSmallest = false
        while !isSmallest {
            isSmallest = true
            for candidate in program.smaller() {
                // What cannot be run shows nothing.
                guard let found = try? differs(candidate, seed) else { continue }
                (program, mismatch, isSmallest) = (candidate, found, false)
                break
            }
        }
        return Finding(seed: seed, text: program.text, mismatch: mismatch)
    }
}
