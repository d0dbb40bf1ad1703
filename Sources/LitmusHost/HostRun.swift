// HostRun.swift - one order of a scenario's statements, on the running kernel and on the model of it.
//
// Owns: the comparison after each statement: its outcome, which pages of all processes share a page frame, the areas of each
// process and what is charged to it.
import KernelMemory
import Litmus
import Platform

/// One order of statements, run on both.
struct HostRun: ~Copyable {
    private let plan: HostPlan
    private var replay: StatementReplay
    private var world: HostWorld
    private var statements: [String] = []
    private let comparesFrames: Bool
    /// What the scenario records, so far.
    private(set) var observation: HostObservation

    init?(_ plan: HostPlan, _ rules: KernelRules, _ nursery: HostNursery, comparesFrames: Bool) throws(HostFailure) {
        guard let replay = StatementReplay(plan.scenario, rules) else { return nil }
        self.plan = plan
        self.replay = replay
        self.comparesFrames = comparesFrames
        observation = HostObservation(plan.scenario)
        world = try HostWorld(nursery, plan)
    }

    /// Runs the statements of these actors in turn; the first difference, if there is one.
    mutating func run(_ order: [ActorID]) throws(HostFailure) -> HostMismatch? {
        defer { world.end() }
        if let mismatch = try compareState() { return mismatch }
        for actor in order {
            guard let operation = replay.operation(of: actor) else { continue }
            let place = replay.state[.actor(actor, .programCounter)]
            guard let predicted = replay.run(actor) else { continue }
            statements.append("\(plan.scenario.actors[actor.index]): \(plan.scenario.statements[actor.index][place])")
            guard !HostPlan.isControl(operation.kind) else { continue }
            let answered = try world.perform(operation)
            try checkPlayed(operation, predicted, answered)
            let seen = isInSwapCache(operation, predicted, answered) ? predicted : answered
            observation.record(operation.result, predicted: predicted, seen: seen)
            guard seen == predicted else {
                return HostMismatch(statements: statements, predicted: HostOutcome.text(predicted), seen: HostOutcome.text(seen))
            }
            if let mismatch = try compareState() { return mismatch }
        }
        return nil
    }

    /// What the kernel does in the background it need not do when it is asked to.
    private func checkPlayed(_ operation: Operation, _ predicted: Outcome, _ seen: Outcome) throws(HostFailure) {
        if operation.kind == .adviseCollapse, !HostDevice.collapsesWhenAsked {
            throw HostFailure(description: "huge pages made when asked for: MADV_COLLAPSE came with Linux 6.1", isLack: true)
        }
        guard [.swapOut, .advisePageOut].contains(operation.kind) else { return }
        if !HostWorld.hasSwapSpace { throw HostFailure(description: "paging out: needs swap space", isLack: true) }
        if operation.kind == .swapOut, predicted == .ok, seen == .busy {
            throw HostFailure(description: "paging out of what others map too: madvise(2) leaves it", isLack: true)
        }
    }

    /// A page that is referenced may lose its entries and stay in the swap cache, where nobody sees it: the model's word counts if the
    /// page has no entry there either.
    private func isInSwapCache(_ operation: Operation, _ predicted: Outcome, _ seen: Outcome) -> Bool {
        [.swapOut, .advisePageOut].contains(operation.kind) && predicted == .busy && seen == .ok
            && replay.state.frameMapped(operation.process, operation.page) == nil
    }

    private func compareState() throws(HostFailure) -> HostMismatch? {
        if let mismatch = compareSpaces() { return mismatch }
        return try compareFrames()
    }

    /// Areas and charges of the living processes.
    private func compareSpaces() -> HostMismatch? {
        for index in plan.scenario.processes.indices {
            var mismatch = compareSpace(of: index)
            // Some drivers give a charge back a moment after the call that ended the region.
            for _ in 0..<Self.patience where mismatch != nil {
                Clock.sleep(nanoseconds: 5_000_000)
                mismatch = compareSpace(of: index)
            }
            if let mismatch { return mismatch }
        }
        return nil
    }

    private static var patience: Int { 100 }

    private func compareSpace(of index: Int) -> HostMismatch? {
        let name = plan.scenario.processes[index]
        guard let space = world.space(of: index) else { return nil }
        let process = ProcessID(index)
        let areas = (modelled: AreaSketch(replay.state, process), seen: AreaSketch(space.areas, plan.grid))
        if areas.modelled != areas.seen {
            return HostMismatch(
                statements: statements, predicted: "\(name) has the areas \(areas.modelled.text)", seen: areas.seen.text)
        }
        let modelled = (locked: replay.state.lockedPages(process), pinned: replay.state.pinnedPages(process))
        guard modelled != (space.locked, space.pinned) else { return nil }
        return HostMismatch(
            statements: statements, predicted: "\(name) has \(modelled.locked) pages locked, \(modelled.pinned) pinned",
            seen: "\(space.locked) and \(space.pinned)")
    }

    /// One page of one process, as both see it.
    private struct Page {
        let name: String
        let modelled: PageFrameNumber?
        let seen: UInt64?
    }

    /// Pages that share a frame in one and not in the other.
    private func compareFrames() throws(HostFailure) -> HostMismatch? {
        guard comparesFrames else { return nil }
        let pages = try presentPages()
        for (index, page) in pages.enumerated() {
            for other in pages[..<index] {
                let (together, really) = (page.modelled == other.modelled, page.seen == other.seen)
                guard together != really else { continue }
                let names = "\(other.name) and \(page.name)"
                return HostMismatch(
                    statements: statements, predicted: "\(names) \(together ? "share a frame" : "have frames of their own")",
                    seen: really ? "lets them share one" : "gives each its own")
            }
        }
        return nil
    }

    /// The pages that both have a frame for.
    private func presentPages() throws(HostFailure) -> [Page] {
        var pages: [Page] = []
        for process in plan.scenario.processes.indices {
            guard let entries = try world.frames(of: process) else { continue }
            for page in 0..<Bounds.pages {
                let frame = replay.state.frameMapped(ProcessID(process), PageNumber(page))
                guard let frame, entries[page].isPresent else { continue }
                pages.append(
                    Page(name: plan.scenario.pageName(ProcessID(process), PageNumber(page)), modelled: frame, seen: entries[page].frame))
            }
        }
        return pages
    }
}
