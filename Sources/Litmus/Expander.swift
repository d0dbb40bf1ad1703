// Expander.swift - tries every actor in the states of a part of a batch.
//
// Owns: the steps, the packing of what they lead to, and how the expectations come out in the states expanded. Does not: know which
// successors are new (`StateSet`), or what other parts of the batch hold. What it finds depends on the rows alone.
import KernelMemory

/// Expands states.
struct Expander {
    /// What an exploration asks for.
    struct Task: Sendable {
        let scenario: Scenario
        let machine: Machine
        /// Steps that nobody else can notice are not interleaved, and states that differ only in the numbers of page frames are one.
        let reduces: Bool
        let asksThroughout: Bool
        let shards: Int
    }

    private let task: Task
    private let layout: StateLayout
    private let format: RowFormat
    private var state: KernelState
    private var next: KernelState
    private var row: [UInt64]
    private var nextRow: [UInt64]
    private(set) var successors: Successors
    /// What this part adds to the exploration's counts and findings.
    private(set) var result = Exploration()
    /// Successors that the layout has no room for.
    private(set) var misfits: [KernelState] = []
    /// Some step lacked a page frame.
    private(set) var isShort = false

    init(_ task: Task, _ layout: StateLayout) {
        self.task = task
        self.layout = layout
        format = layout.format
        state = layout.origin
        next = layout.origin
        row = Array(repeating: 0, count: format.words)
        nextRow = row
        precondition(layout.pack(state, into: &row), "the first state fits every layout")
        successors = Successors(words: format.words)
    }

    /// Expands states of a batch, in order.
    mutating func expand(_ batch: StateQueue.Batch, _ part: Range<Int>) {
        successors.removeAll()
        result = Exploration()
        result.findings = task.scenario.expectations.map { _ in Exploration.Finding() }
        for number in part {
            // States that follow each other have much in common: the words that are the same are unpacked already.
            let stretches = format.unpack(batch.rows, number, over: &row, into: &state)
            next.restore(stretches, from: &state)
            expand(number)
            let isFinal = !hasMoved
            if isFinal || task.asksThroughout { ask(batch.first + number, isFinal: isFinal) }
        }
    }

    private var hasMoved = false

    private mutating func expand(_ number: Int) {
        hasMoved = false
        // Other actors may be left for later where a step is unnoticed; not if some claim is about every state.
        let alone = task.reduces && !task.asksThroughout ? task.machine.unnoticedStep(in: state) : nil
        for index in 0..<task.machine.actorCount {
            if let alone, alone.index != index { continue }
            let step = task.machine.step(ActorID(index), &next)
            // A step that lacks a frame does not count as waiting: the modelled machine is too small.
            if next.isShortOfFrames { isShort = true } else if step == .progressed { note(number, index) }
            next.restore(from: &state)
        }
    }

    private mutating func note(_ number: Int, _ actor: Int) {
        hasMoved = true
        result.transitions &+= 1
        if task.reduces { next.renumberFrames() }
        guard format.repack(&next, row: row, into: &nextRow) || layout.pack(next, into: &nextRow) else {
            misfits.append(next)
            return
        }
        successors.append(nextRow, from: number, by: actor, among: task.shards)
    }

    /// Notes how the expectations' predicates come out here.
    private mutating func ask(_ place: Int, isFinal: Bool) {
        if isFinal { result.finalStates += 1 }
        for (index, expectation) in task.scenario.expectations.enumerated() where isFinal || expectation.throughout {
            if result.findings[index].held != nil, result.findings[index].failed != nil { continue }
            if expectation.predicate.value(state, task.machine) != 0 {
                if result.findings[index].held == nil { result.findings[index].held = place }
            } else if result.findings[index].failed == nil {
                result.findings[index].failed = place
            }
        }
    }
}
