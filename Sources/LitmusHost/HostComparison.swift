// HostComparison.swift - a state of the model beside what a kernel showed.
//
// Owns: what is compared: the statement's answer, the areas of each process and what is charged to it, which pages share a page frame,
// which are in a device's memory.
import KernelMemory
import Litmus
import Platform

/// Compares states of the model of one scenario with what a kernel showed.
struct HostComparison {
    let plan: HostPlan

    /// A difference, in the words of both sides.
    struct Difference {
        let predicted: String
        let seen: String
        var isAboutPins = false
    }

    /// What a statement answered counts as this: the model's word, where nobody can see that the kernel did otherwise.
    ///
    /// A page that is referenced may lose its entries and stay in the swap cache: the model's word counts if the page has no entry there
    /// either. A driver hears which pages moved, not why others stayed: no refusal can be told from another.
    func settled(_ operation: Operation, predicted: Outcome, answered: Outcome, _ state: KernelState) -> Outcome {
        let isInSwapCache = operation.kind.pagesOut && predicted == .busy && answered == .ok
            && state.frameMapped(operation.process, operation.page) == nil
        let staysInPlace = [.migrateToDevice, .migrateToSystem].contains(operation.kind) && predicted != .ok && answered != .ok
        return isInSwapCache || staysInPlace ? predicted : answered
    }

    func answer(_ operation: Operation, predicted: Outcome, answered: Outcome, _ state: KernelState) -> Difference? {
        let seen = settled(operation, predicted: predicted, answered: answered, state)
        guard seen != predicted else { return nil }
        return Difference(predicted: HostOutcome.text(predicted), seen: HostOutcome.text(seen))
    }

    /// The first difference between a state and what a kernel showed in place of it.
    func state(_ state: KernelState, _ sight: HostSight) -> Difference? {
        for index in plan.scenario.processes.indices {
            if let difference = space(index, state, sight.spaces[index]) { return difference }
        }
        return places(state, sight.entries) ?? frames(state, sight.entries) ?? pins(state, sight.pins)
    }

    /// How many pages devices have pinned, each as often as it is.
    func pins(_ state: KernelState, _ pins: Int?) -> Difference? {
        guard let pins, pins != state.pinsHeld else { return nil }
        return Difference(predicted: "\(state.pinsHeld) pins are held", seen: "\(pins)", isAboutPins: true)
    }

    func space(_ index: Int, _ state: KernelState, _ space: HostSight.Space?) -> Difference? {
        guard let space else { return nil }
        let name = plan.scenario.processes[index]
        let process = ProcessID(index)
        let areas = AreaSketch(state, process, plan.grid)
        if areas != space.areas {
            return Difference(predicted: "\(name) has the areas \(areas.text)", seen: space.areas.text)
        }
        let modelled = (locked: state.lockedPages(process), pinned: state.pinnedPages(process))
        guard modelled != (space.locked, space.pinned) else { return charge(process, state, space.charged) }
        return Difference(
            predicted: "\(name) has \(modelled.locked) pages locked, \(modelled.pinned) pinned", seen: "\(space.locked) and \(space.pinned)")
    }

    private func charge(_ process: ProcessID, _ state: KernelState, _ seen: Int?) -> Difference? {
        guard let seen, let modelled = plan.charge(of: process, in: state), modelled != seen else { return nil }
        return Difference(predicted: "the user of \(plan.scenario.processes[process.index]) is charged with \(modelled) pages", seen: "\(seen)")
    }

    /// One page of one process, as both see it.
    private struct Page {
        let process: ProcessID
        let page: PageNumber
        let modelled: PageFrameNumber
        /// Of the huge page of zeroes, which the model has one frame for: 1 or 2 for its halves; 0 elsewhere.
        let halfOfZeroes: Int
        let seen: UInt64
    }

    /// Pages that are in a device's memory in one and not in the other.
    private func places(_ state: KernelState, _ entries: [[PageMap.Entry]?]) -> Difference? {
        for (index, entries) in entries.enumerated() {
            guard let entries else { continue }
            let (process, frames) = (ProcessID(index), state.framesMapped(ProcessID(index)))
            for place in 0..<Bounds.pages {
                guard let frame = frames[place] else { continue }
                let page = PageNumber(place)
                let (modelled, seen) = (state.frameZone(frame) == .devicePrivate, entries[place].isOnDevice)
                guard modelled != seen else { continue }
                let name = plan.scenario.pageName(process, page)
                return Difference(
                    predicted: "\(name) is \(modelled ? "" : "not ")in the device's memory", seen: seen ? "there it is" : "there it is not")
            }
        }
        return nil
    }

    /// Pages that share a frame in one and not in the other.
    private func frames(_ state: KernelState, _ entries: [[PageMap.Entry]?]) -> Difference? {
        let pages = presentPages(state, entries)
        for (index, page) in pages.enumerated() {
            for other in pages[..<index] {
                let together = page.modelled == other.modelled && page.halfOfZeroes == other.halfOfZeroes
                let really = page.seen == other.seen
                guard together != really else { continue }
                let names = [other, page].map { plan.scenario.pageName($0.process, $0.page) }.joined(separator: " and ")
                return Difference(
                    predicted: "\(names) \(together ? "share a frame" : "have frames of their own")",
                    seen: really ? "lets them share one" : "gives each its own")
            }
        }
        return nil
    }

    /// The pages that both have a frame for.
    private func presentPages(_ state: KernelState, _ entries: [[PageMap.Entry]?]) -> [Page] {
        var pages: [Page] = []
        for (index, entries) in entries.enumerated() {
            guard let entries else { continue }
            let (process, frames) = (ProcessID(index), state.framesMapped(ProcessID(index)))
            for place in 0..<Bounds.pages {
                guard let frame = frames[place], entries[place].isPresent else { continue }
                let page = PageNumber(place)
                let half = frame == KernelState.zeroFrame && state.isHugeZero(process, page) ? 1 + place % 2 : 0
                pages.append(Page(process: process, page: page, modelled: frame, halfOfZeroes: half, seen: entries[place].frame))
            }
        }
        return pages
    }
}

extension OperationKind {
    /// A request to page something out, which a kernel may carry out in part.
    var pagesOut: Bool { self == .swapOut || self == .advisePageOut }
}
