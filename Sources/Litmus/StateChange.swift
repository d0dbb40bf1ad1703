// StateChange.swift - states and their differences in the words of a scenario.
//
// Owns: what people read of a state: entries, frames, translation tables, counters, recorded values.
import KernelMemory

/// States in words.
enum StateChange {
    private static let lives = ["none", "registering", "live", "invalidated", "revoked"]

    /// What changed between two states.
    static func describe(_ before: KernelState, _ after: KernelState, _ scenario: Scenario) -> [String] {
        var changes: [String] = []
        for process in scenario.processes.indices { changes += pages(ProcessID(process), before, after, scenario) }
        for frame in 0..<(Bounds.frames - 1) {
            let (old, new) = (frameWords(frame, before), frameWords(frame, after))
            if old != new { changes.append("frame \(frame): \(old) → \(new)") }
        }
        for region in scenario.regions.indices {
            let (old, new) = (regionWords(region, before), regionWords(region, after))
            if old != new { changes.append("\(scenario.regions[region]): \(old) → \(new)") }
        }
        changes += counters(before, after, scenario)
        for (index, name) in scenario.variables.enumerated() {
            let value = after.outcome(VariableID(index))
            if before.outcome(VariableID(index)) != value { changes.append("\(name) = \(value.name)") }
        }
        for (fact, words) in facts where !before.has(fact) && after.has(fact) { changes.append(words) }
        return changes
    }

    static let facts: [(GlobalField, String)] = [
        (.useAfterFree, "USE AFTER FREE"), (.accountingUnderflow, "COUNTER BELOW ZERO"), (.kernelFault, "the kernel faults"),
        (.exhausted, "the target has nothing left"), (.poisonConsumed, "poisoned memory was consumed"),
        (.unannouncedWrite, "A WRITE THAT THE FILE SYSTEM WAS NOT TOLD OF"),
    ]

    private static func pages(_ process: ProcessID, _ before: KernelState, _ after: KernelState, _ scenario: Scenario) -> [String] {
        var changes: [String] = []
        for page in 0..<Bounds.pages {
            let number = PageNumber(page)
            let (old, new) = (entryWords(process, number, before), entryWords(process, number, after))
            if old != new { changes.append("\(scenario.pageName(process, number)): \(old) → \(new)") }
        }
        return changes
    }

    private static func counters(_ before: KernelState, _ after: KernelState, _ scenario: Scenario) -> [String] {
        var changes: [String] = []
        for (index, name) in scenario.processes.enumerated() {
            let process = ProcessID(index)
            let pairs = [
                ("locked", before.lockedPages(process), after.lockedPages(process)),
                ("pinned", before.pinnedPages(process), after.pinnedPages(process)),
                ("areas", before.areaCount(process), after.areaCount(process)),
                ("life", before[.process(process, .life)], after[.process(process, .life)]),
            ]
            for (counter, old, new) in pairs where old != new { changes.append("\(name) \(counter): \(old) → \(new)") }
        }
        for (index, name) in scenario.peers.enumerated() {
            changes += quotas(PeerID(index), name, before, after)
        }
        return changes
    }

    private static func quotas(_ peer: PeerID, _ name: String, _ before: KernelState, _ after: KernelState) -> [String] {
        var changes: [String] = []
        for resource in BusResource.allCases {
            let (old, new) = (before.busRemaining(peer, resource), after.busRemaining(peer, resource))
            if old != new, after.busUser(peer) == peer { changes.append("\(name)'s user, \(resource) left: \(old) → \(new)") }
            let (oldOwn, newOwn) = (before.busOwnRemaining(peer, resource), after.busOwnRemaining(peer, resource))
            if oldOwn != newOwn { changes.append("\(name), \(resource) left: \(oldOwn) → \(newOwn)") }
        }
        let (old, new) = (before.busQueued(peer), after.busQueued(peer))
        if old != new { changes.append("\(name), messages waiting: \(old) → \(new)") }
        return changes
    }

    static func entryWords(_ process: ProcessID, _ page: PageNumber, _ state: KernelState) -> String {
        guard state.isMapped(process, page) else { return "hole" }
        let entry = PageTableEntry(code: state[.page(process, page, .entry)])
        let rights = state.isWritable(process, page) ? "rw" : "ro"
        if let frame = entry.presentFrame { return frame.index == Bounds.frames - 1 ? "zero page ro" : "frame \(frame.index) \(rights)" }
        if let slot = entry.swapSlot { return "swap slot \(slot.index)" }
        if let frame = entry.migratingFrame { return "migrating from frame \(frame.index)" }
        if let frame = entry.devicePrivateFrame { return "device-private frame \(frame.index)" }
        if let frame = entry.flushedFrame { return "frame \(frame.index), flushed for a collapse" }
        return "no entry"
    }

    static func frameWords(_ frame: Int, _ state: KernelState) -> String {
        let number = PageFrameNumber(frame)
        let use = FrameUse(rawValue: state[.frame(number, .use)])!
        guard use != .free else { return "free" }
        var words = "\(use) =\(state[.frame(number, .content)])"
        if state[.frame(number, .exclusive)] == 1 { words += " exclusive" }
        let pins = state.pinsAndReferences(number)
        if pins > 0 { words += " held \(pins)" }
        let zone = Zone(rawValue: state[.frame(number, .zone)])!
        if zone != .normal { words += " in \(zone)" }
        return words
    }

    static func regionWords(_ region: Int, _ state: KernelState) -> String {
        let identifier = RegionID(region)
        let life = lives[state[.region(identifier, .life)]]
        var slots: [String] = []
        for slot in 0..<state[.region(identifier, .pageCount)] {
            slots.append(state.frameHeld(identifier, slot).map { "\($0.index)" } ?? "-")
        }
        return slots.isEmpty ? life : "\(life) frames [\(slots.joined(separator: " "))]"
    }

    /// True if something other than actors' places and recorded values changed.
    static func touchesMemory(_ before: KernelState, _ after: KernelState) -> Bool {
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages {
                let (owner, number) = (ProcessID(process), PageNumber(page))
                if before[.page(owner, number, .entry)] != after[.page(owner, number, .entry)] { return true }
                if before.isWritable(owner, number) != after.isWritable(owner, number) { return true }
            }
        }
        for frame in 0..<Bounds.frames {
            let cell = Cell.frame(PageFrameNumber(frame), .content)
            if before[cell] != after[cell] { return true }
        }
        for region in 0..<Bounds.regions {
            if regionWords(region, before) != regionWords(region, after) { return true }
        }
        return false
    }

    /// The whole memory, as lines.
    static func picture(_ state: KernelState, _ scenario: Scenario) -> [String] {
        var lines: [String] = []
        for (index, name) in scenario.processes.enumerated() where state[.process(ProcessID(index), .life)] == 1 {
            var entries: [String] = []
            for page in 0..<Bounds.pages where state.isMapped(ProcessID(index), PageNumber(page)) {
                let label = scenario.pageName(ProcessID(index), PageNumber(page)).split(separator: ".").last.map(String.init) ?? ""
                entries.append("\(label): \(entryWords(ProcessID(index), PageNumber(page), state))")
            }
            lines.append("\(name): \(entries.joined(separator: "; "))")
        }
        for (index, name) in scenario.regions.enumerated() { lines.append("\(name): \(regionWords(index, state))") }
        for frame in 0..<(Bounds.frames - 1) where state[.frame(PageFrameNumber(frame), .use)] != 0 {
            lines.append("frame \(frame): \(frameWords(frame, state))")
        }
        return lines
    }
}
