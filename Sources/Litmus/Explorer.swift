// Explorer.swift - visits every state that a scenario can reach under one rule set.
//
// Owns: breadth-first search over packed states, so that the first state found with a property is a nearest one; the bounds.
// A batch of found states is expanded in parts, one a worker; then each worker takes those successors in that belong to its shard of the
// states seen; then the new ones are put into the queue in the order in which one worker alone would have found them.
// Deterministic: actors are tried in their order, states in the order found; nothing depends on addresses, time, hashing, or on how many
// workers there are.
import KernelMemory

/// Visits every state that a scenario can reach.
public struct Explorer {
    /// States at which an exploration stops unless told otherwise.
    public static var defaultLimit: Int { 5_000_000 }
    /// Bytes of tables at which an exploration stops unless told otherwise.
    public static var defaultMemory: Int { 8 << 30 }
    /// A batch with fewer states is not worth being divided.
    private static var leastDivided: Int { 512 }

    private let task: Expander.Task
    private let initial: KernelState
    private let limit: Int
    private let memory: Int
    private let keepsParents: Bool
    private let workforce: Workforce
    private let tables: TableMemory
    private var layout: StateLayout

    /// Explores the scenario.
    /// - Parameter limit: states at which to stop, less than 2^32.
    /// - Parameter memory: bytes of tables at which to stop.
    /// - Parameter reduces: steps that nobody else can notice are not interleaved, and states that differ only in the numbers of page
    ///   frames are one.
    /// - Parameter keepsParents: remember how each state was reached, for traces.
    /// - Parameter tables: where the tables of states get their memory.
    public static func explore(
        _ scenario: Scenario, _ rules: KernelRules, limit: Int = defaultLimit, memory: Int = defaultMemory, reduces: Bool = true,
        keepsParents: Bool = false, workforce: Workforce = .alone, tables: TableMemory = .heap
    ) -> Exploration {
        precondition(limit >= 1 && limit < Int(UInt32.max))
        let task = Expander.Task(
            scenario: scenario, machine: Machine(rules: rules, program: scenario.program), reduces: reduces,
            asksThroughout: scenario.expectations.contains { $0.throughout }, shards: workforce.count)
        let initial = scenario.initial(under: rules)
        var explorer = Explorer(
            task: task, initial: initial, limit: limit, memory: memory, keepsParents: keepsParents, workforce: workforce, tables: tables,
            layout: StateLayout(first: initial, program: scenario.program))
        explorer.learn()
        while true {
            if let exploration = explorer.attempt() { return exploration }
        }
    }

    /// Runs a few schedules, so that the layout is nearly right from the start. They are cut off, as a program may go round in circles.
    private mutating func learn() {
        let actorCount = task.machine.actorCount
        for start in 0..<actorCount {
            for turns in [1, 1_000] {
                var state = initial
                var idle = 0
                var steps = 0
                var actor = start
                while idle < actorCount, steps < 1_000 {
                    let taken = runTurn(ActorID(actor), turns, &state)
                    idle = taken > 0 ? 0 : idle + 1
                    steps += taken
                    actor = (actor + 1) % actorCount
                }
            }
        }
        layout.settle()
    }

    /// Steps taken before the actor had to wait.
    private mutating func runTurn(_ actor: ActorID, _ limit: Int, _ state: inout KernelState) -> Int {
        var next = state
        for taken in 0..<limit {
            guard task.machine.step(actor, &next) == .progressed else { return taken }
            if task.reduces { next.renumberFrames() }
            state = next
            layout.observe(state)
        }
        return limit
    }

    /// One exploration with the present layout; nil if a state did not fit and the layout was widened.
    private mutating func attempt() -> Exploration? {
        var first = [UInt64](repeating: 0, count: layout.format.words)
        var state = initial
        if task.reduces { state.renumberFrames() }
        guard layout.pack(state, into: &first) else {
            layout.admit(state)
            return nil
        }
        let workers = (0..<workforce.count).map { ExplorationWorker(task, layout, shard: $0, memory: tables) }
        workers[Int(Successors.shard(of: first, among: workers.count))].insert(first)
        var progress = Progress(result: Exploration(), queue: StateQueue(words: layout.format.words))
        progress.result.findings = task.scenario.expectations.map { _ in Exploration.Finding() }
        progress.result.states = 1
        progress.queue.append(first, 0)
        if keepsParents { progress.result.parents.append((0, 0)) }
        while progress.result.stop == nil, let batch = progress.queue.next() {
            expand(batch, workers)
            let misfits = workers.flatMap(\.expander.misfits)
            guard misfits.isEmpty else {
                for misfit in misfits { layout.admit(misfit) }
                return nil
            }
            merge(batch, workers, &progress)
        }
        progress.result.bitsPerState = layout.bits
        progress.result.tableBytes = workers.reduce(progress.queue.peakBytes) { $0 + $1.bytes }
        return progress.result
    }

    /// What an exploration has come to.
    private struct Progress {
        var result: Exploration
        var queue: StateQueue
    }

    /// Both phases of a batch.
    private func expand(_ batch: StateQueue.Batch, _ workers: [ExplorationWorker]) {
        let parts = batch.count < Self.leastDivided ? 1 : workers.count
        workforce.each(parts) { part in
            workers[part].expand(batch, batch.count * part / parts..<batch.count * (part + 1) / parts)
        }
        for idle in parts..<workers.count { workers[idle].expand(batch, 0..<0) }
        let successors = workers.map(\.successors)
        if parts == 1 {
            for worker in workers { worker.takeIn(successors) }
        } else {
            workforce.each(workers.count) { workers[$0].takeIn(successors) }
        }
    }

    /// Puts what is new into the queue, in the order of the states that it came from.
    private func merge(_ batch: StateQueue.Batch, _ workers: [ExplorationWorker], _ progress: inout Progress) {
        for worker in workers { progress.result.add(worker.expander.result) }
        if workers.contains(where: \.expander.isShort) { progress.result.stop = .outOfFrames }
        let rows = workers.map(\.successors.rows)
        let fresh = workers.map(\.fresh)
        var places = fresh.map { _ in 0 }
        while let place = Self.lowest(fresh, &places) {
            guard progress.result.states < limit else {
                progress.result.stop = .tooManyStates(limit)
                break
            }
            let (part, row) = (Int(place >> 32), Int(place & 0xffff_ffff))
            progress.queue.append(rows[part], row)
            progress.result.states += 1
            if keepsParents {
                let origin = workers[part].successors.origins[row]
                progress.result.parents.append((UInt32(batch.first) + origin >> 3, UInt8(origin & 7)))
            }
        }
        let more = StateQueue.batchSize * task.machine.actorCount
        let needed = workers.reduce(progress.queue.peakBytes) { $0 + $1.peakBytes(adding: more) }
        if progress.result.stop == nil, needed > max(memory, 1 << 20) { progress.result.stop = .tooMuchMemory(memory) }
    }

    /// The lowest number that is still to come in several rising lists; each shard has one.
    private static func lowest(_ lists: [[UInt64]], _ places: inout [Int]) -> UInt64? {
        var lowest: UInt64?
        var source = 0
        for index in lists.indices where places[index] < lists[index].count {
            let candidate = lists[index][places[index]]
            guard lowest.map({ candidate < $0 }) ?? true else { continue }
            (lowest, source) = (candidate, index)
        }
        if lowest != nil { places[source] += 1 }
        return lowest
    }
}
