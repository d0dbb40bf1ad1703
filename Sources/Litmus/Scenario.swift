// Scenario.swift - one litmus test, as read from its file.
//
// Owns: the compiled program, the first state, the names for people, the expectations. Does not: run (`Explorer`).
import KernelMemory

/// One litmus test.
public struct Scenario: Sendable {
    /// A stretch of pages with a name.
    public struct Memory: Sendable {
        public let name: String
        public let process: ProcessID
        public let first: Int
        public let count: Int
    }

    public var name = ""
    public var debate = ""
    public var question = ""
    /// The debate and the answer, in paragraphs.
    public var text: [String] = []
    public var file = ""
    public var processes: [String] = []
    /// The process that each is forked from.
    public var parents: [Int?] = []
    public var memories: [Memory] = []
    /// First backing page, count.
    public var objects: [(name: String, first: Int, count: Int)] = []
    public var regions: [String] = []
    public var variables: [String] = []
    public var actors: [String] = []
    public var peers: [String] = []
    /// Source text of every operation, by actor.
    public var statements: [[String]] = []
    public var program = Program(parts: [])
    public var initial = KernelState()
    public var expectations: [Expectation] = []
    public var variants: [RuleSet] = []

    /// The first state under `rules`: only kernels that know exclusive pages mark them, only some keep pages out of the direct map.
    public func initial(under rules: KernelRules) -> KernelState {
        var state = initial
        Machine(rules: rules, program: program).prepare(&state)
        guard !rules.has(.exclusiveFlag) else { return state }
        for frame in 0..<Bounds.frames { state[.frame(PageFrameNumber(frame), .exclusive)] = 0 }
        return state
    }

    /// The rule sets that some expectation speaks of.
    public var ruleSets: [RuleSet] { RuleSet.presets + variants }

    /// The memory that a page of a process belongs to, in the words of the scenario.
    public func pageName(_ process: ProcessID, _ page: PageNumber) -> String {
        var owner: Int? = process.index
        while let candidate = owner {
            for memory in memories where memory.process.index == candidate && page.index >= memory.first
                && page.index < memory.first + memory.count
            {
                let name = "\(processes[process.index]).\(memory.name)"
                return memory.count == 1 ? name : "\(name)[\(page.index - memory.first)]"
            }
            owner = parents[candidate]
        }
        return "\(processes[process.index]).page\(page.index)"
    }
}
