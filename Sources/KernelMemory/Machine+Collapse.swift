// Machine+Collapse.swift - two small pages become one huge page.
//
// Owns: the steps: the entries go, all at once, as they are one entry of the level above; the pages are looked at for references that no
// mapping explains; the copy; the new entry. Locking: the map lock for writing throughout; fast lookups and the reverse map's walkers go on.
// Does not: choose what to collapse; the process asks for it. Counterpart in Linux: mm/khugepaged.c, collapse_huge_page.

/// Steps of a collapse.
private enum CollapsePhase: Int {
    case begin = 0
    /// The references are looked at; with its guard gone, they were, and the entries go.
    case second
    case copy
    case install
}

extension Machine {
    /// One step of a collapse of the pair that the operation's page belongs to.
    func stepCollapse(_ call: Call, _ state: inout KernelState) -> Bool {
        switch CollapsePhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin: return beginCollapse(call, &state)
        case .second: return rules.has(.guardCollapseFlushesFirst) ? isolate(call, &state) : flush(call, &state)
        case .copy: return copyPair(call, &state)
        case .install: return installHuge(call, &state)
        }
    }

    private func pair(_ call: Call) -> [PageNumber] { [PageNumber(call.operation.page.index & ~1), PageNumber(call.operation.page.index | 1)] }

    private func go(_ call: Call, to phase: CollapsePhase, _ state: inout KernelState) -> Bool {
        state[.actor(call.actor, .phase)] = phase.rawValue
        return true
    }

    private func beginCollapse(_ call: Call, _ state: inout KernelState) -> Bool {
        guard lockForWriting(call, &state) else { return false }
        let pages = pair(call)
        if pages.allSatisfy({ state.mapping(call.process, $0).isHole }) { return finish(call, &state, .noMemory) }
        guard areaSpan(call.process, pages[0], state).contains(pages[1].index) else { return finish(call, &state, .invalid) }
        // Only zeroes were ever read there.
        if state[.page(call.process, pages[0], .anonymousArea)] == 0 { return finish(call, &state, .invalid) }
        // Without any entry there is no page table to look at; a page that has none is filled with zeroes.
        if pages.allSatisfy({ state.entry(call.process, $0).isNone }) { return finish(call, &state, .invalid) }
        var isHugeAlready = true
        for page in pages {
            if !state.entryFlags(call.process, page).contains(.whole) { isHugeAlready = false }
            if state.entry(call.process, page).isNone { continue }
            guard let frame = state.entry(call.process, page).presentFrame, isTaken(frame, state) else {
                return finish(call, &state, .tryAgain)
            }
        }
        if isHugeAlready { return finish(call, &state) }
        _ = go(call, to: .second, &state)
        return rules.has(.guardCollapseFlushesFirst) ? flush(call, &state) : isolate(call, &state)
    }

    /// Anonymous pages, and zeroes that were read only.
    private func isTaken(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        if frame == KernelState.zeroFrame { return true }
        return state.isHugetlb(frame) ? false : state.isAnonymous(frame)
    }

    /// Nobody reaches the pages through this address space any more; they stay mapped all the same.
    private func flush(_ call: Call, _ state: inout KernelState) -> Bool {
        for page in pair(call) {
            if state.entry(call.process, page).isNone { continue }
            guard let frame = state.entry(call.process, page).presentFrame else { return putBack(call, &state) }
            notify(call.process, page, &state)
            state.setEntry(call.process, page, .flushed(frame), state.entryFlags(call.process, page))
        }
        return rules.has(.guardCollapseFlushesFirst) || go(call, to: .copy, &state)
    }

    private func isolate(_ call: Call, _ state: inout KernelState) -> Bool {
        for page in pair(call) {
            let entry = state.entry(call.process, page)
            if entry.isNone { continue }
            guard let frame = entry.flushedFrame ?? entry.presentFrame, isCollapsible(frame, state) else { return putBack(call, &state) }
        }
        if !rules.has(.collapseTakesReadOnly), !pair(call).contains(where: { state.entryFlags(call.process, $0).contains(.writable) }) {
            return putBack(call, &state, .invalid)
        }
        return rules.has(.guardCollapseFlushesFirst) ? go(call, to: .copy, &state) : true
    }

    /// What other processes map was refused until 5.8.
    private func isCollapsible(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        if frame == KernelState.zeroFrame { return true }
        if rules.has(.guardCollapseChecksReferences), state.unexpectedReferences(frame) > 0 { return false }
        if rules.has(.collapseTakesShared) { return true }
        guard !state.isHuge(frame) else { return false }
        return state.mapCount(frame) == 1
    }

    private func putBack(_ call: Call, _ state: inout KernelState, _ outcome: Outcome = .tryAgain) -> Bool {
        for page in pair(call) {
            guard let frame = state.entry(call.process, page).flushedFrame else { continue }
            state.setEntry(call.process, page, .present(frame), state.entryFlags(call.process, page))
        }
        return finish(call, &state, outcome)
    }

    private func copyPair(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let head = state.allocateHuge(hugetlb: false) else { return false }
        for (offset, page) in pair(call).enumerated() {
            guard let old = state.entry(call.process, page).flushedFrame else { continue }
            state[.frame(PageFrameNumber(head.index + offset), .content)] = state[.frame(old, .content)]
        }
        state[.actor(call.actor, .newFrame)] = head.index + 1
        return go(call, to: .install, &state)
    }

    private func installHuge(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let head = state.newFrame(of: call.actor) else { return false }
        state[.actor(call.actor, .newFrame)] = 0
        var replaced: [PageFrameNumber] = []
        for (offset, page) in pair(call).enumerated() {
            let frame = PageFrameNumber(head.index + offset)
            if let old = state.entry(call.process, page).flushedFrame { replaced.append(old) }
            if rules.has(.exclusiveFlag) { state[.frame(frame, .exclusive)] = 1 }
            let opens = state.areaFlags(call.process, page).contains(.write)
            state.setEntry(call.process, page, .present(frame), opens ? [.writable, .whole] : .whole)
        }
        for old in replaced { state.freeIfUnused(old) }
        return finish(call, &state)
    }
}
