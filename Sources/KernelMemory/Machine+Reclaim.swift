// Machine+Reclaim.swift - the kernel's background work on pages: swap, merging of equal pages, truncation.
//
// Owns: each as a walk in the steps of the real one, through the reverse map. The page-table lock that fork holds stops a walker.
// Does not: move pages (Machine+Migration). Counterpart in Linux: mm/vmscan.c, mm/rmap.c, mm/ksm.c, mm/truncate.c.

extension Machine {
    // MARK: Swap

    /// add to the swap cache; unmap entry by entry; then free the frame, or leave it cached while something refers to it.
    func stepSwapOut(_ call: Call, _ state: inout KernelState) -> Bool {
        switch WalkPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin: return beginSwapOut(call, &state)
        case .unmap: return unmapForSwap(call, &state)
        case .decide, .restore: return writeOut(call, &state)
        }
    }

    /// What madvise answers before it asks reclaim; nil if it does. It leaves alone what others map too.
    private func pageOutAnswer(_ call: Call, _ state: borrowing KernelState) -> Outcome? {
        let (process, page) = (call.process, call.operation.page)
        let mapping = state.mapping(process, page)
        if mapping.isHole { return .noMemory }
        if state.areaFlags(process, page).contains(.locked) || mapping == .hugetlb { return .invalid }
        let entry = state.entry(process, page)
        if entry.isNone || entry.swapSlot != nil { return .ok }
        guard let frame = entry.presentFrame else { return nil }
        if frame == KernelState.zeroFrame { return .busy }
        return state.mapCount(frame) > 1 ? .busy : nil
    }

    private func beginSwapOut(_ call: Call, _ state: inout KernelState) -> Bool {
        if call.operation.kind == .advisePageOut, let answer = pageOutAnswer(call, state) { return finish(call, &state, answer) }
        guard let frame = state.entry(call.process, call.operation.page).presentFrame, state.use(frame) == .anonymous,
            state.zone(frame) != .deviceCoherent,
            !state.areaFlags(call.process, call.operation.page).contains(.locked)
        else { return finish(call, &state, .tryAgain) }
        if rules.has(.guardSwapChecksReferences), refusesToSwap(frame, state) { return finish(call, &state, .busy) }
        // A huge page is swapped in pieces.
        guard splitFolio(frame, &state) else { return finish(call, &state, .busy) }
        guard state.swapCacheSlot(frame) == nil else {
            state[.actor(call.actor, .frame)] = frame.index + 1
            state[.actor(call.actor, .hold)] = Hold.reference.rawValue
            state[.actor(call.actor, .phase)] = WalkPhase.unmap.rawValue
            return true
        }
        for index in 0..<Bounds.swapSlots where state[.swap(SwapSlot(index), .used)] == 0 {
            state[.swap(SwapSlot(index), .used)] = 1
            state[.swap(SwapSlot(index), .cache)] = frame.index + 1
            state[.actor(call.actor, .frame)] = frame.index + 1
            state[.actor(call.actor, .hold)] = Hold.reference.rawValue
            state[.actor(call.actor, .phase)] = WalkPhase.unmap.rawValue
            return true
        }
        return finish(call, &state, .noMemory)
    }

    /// Up to 2.6.12 a raised count keeps a page mapped; since 5.11 a pin keeps it out of the swap cache.
    private func refusesToSwap(_ frame: PageFrameNumber, _ state: KernelState) -> Bool {
        if !rules.has(.reuseByMapCount), state.unexpectedReferences(frame) > 0 { return true }
        return rules.has(.pinnedStaysOutOfSwapCache) && state.pins(frame) > 0
    }

    private func unmapForSwap(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor), let slot = state.swapCacheSlot(frame) else {
            return finish(call, &state, .tryAgain)
        }
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)) == .present(frame) {
                guard !isTableLocked(ProcessID(process), state) else { return false }
                notify(ProcessID(process), PageNumber(page), &state)
                let exclusive = rules.has(.exclusiveFlag) && state[.frame(frame, .exclusive)] == 1
                state.setEntry(ProcessID(process), PageNumber(page), .swapped(slot), exclusive ? .swapExclusive : [])
                // The entry remembers, so that a fork can make it forget: the page in the cache is nobody's.
                if exclusive { state[.frame(frame, .exclusive)] = 0 }
                return true
            }
        }
        state[.actor(call.actor, .phase)] = WalkPhase.decide.rawValue
        return writeOut(call, &state)
    }

    private func writeOut(_ call: Call, _ state: inout KernelState) -> Bool {
        guard let frame = state.frame(of: call.actor), let slot = state.swapCacheSlot(frame) else {
            return finish(call, &state, .tryAgain)
        }
        state[.actor(call.actor, .frame)] = 0
        state[.actor(call.actor, .hold)] = 0
        let refusesFree = state.references(frame) > 1 && rules.has(.guardSwapChecksReferences)
        guard !refusesFree, state.mapCount(frame) == 0 else {
            dropSwapCache(frame, &state)
            return finish(call, &state, .busy)
        }
        state[.swap(slot, .content)] = state[.frame(frame, .content)]
        state[.swap(slot, .cache)] = 0
        state.free(frame)
        return finish(call, &state)
    }

    // MARK: Equal pages

    /// Two pages of equal content become one frame: the first entry is write-protected, contents and references are tested again, then the
    /// entries are turned to the merged frame.
    func stepMerge(_ call: Call, _ state: inout KernelState) -> Bool {
        let pages = [(call.process, call.operation.page), (ProcessID(call.operation.second), PageNumber(call.operation.argument))]
        switch WalkPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin:
            for (process, page) in pages {
                guard !isTableLocked(process, state) else { return false }
                guard mergeable(process, page, state) else { return finish(call, &state, .tryAgain) }
                notify(process, page, &state)
                state.setEntry(process, page, state.entry(process, page), state.entryFlags(process, page).subtracting(.writable))
            }
            state[.actor(call.actor, .phase)] = WalkPhase.decide.rawValue
            return true
        case .unmap, .decide, .restore:
            return merge(call, pages, &state)
        }
    }

    private func mergeable(_ process: ProcessID, _ page: PageNumber, _ state: KernelState) -> Bool {
        guard let frame = state.entry(process, page).presentFrame, state.isAnonymous(frame), !state.isHuge(frame) else { return false }
        return !rules.has(.guardMergeChecksReferences) || state.references(frame) == state.mapCount(frame)
    }

    private func merge(_ call: Call, _ pages: [(ProcessID, PageNumber)], _ state: inout KernelState) -> Bool {
        var frames: [PageFrameNumber] = []
        for (process, page) in pages {
            guard !isTableLocked(process, state) else { return false }
            guard mergeable(process, page, state), !state.entryFlags(process, page).contains(.writable),
                let frame = state.entry(process, page).presentFrame
            else { return finish(call, &state, .tryAgain) }
            frames.append(frame)
        }
        guard state[.frame(frames[0], .content)] == state[.frame(frames[1], .content)], frames[0] != frames[1] else {
            return finish(call, &state, .tryAgain)
        }
        state[.frame(frames[0], .use)] = FrameUse.sameMerged.rawValue
        state[.frame(frames[0], .exclusive)] = 0
        notify(pages[1].0, pages[1].1, &state)
        state.setEntry(pages[1].0, pages[1].1, .present(frames[0]), state.entryFlags(pages[1].0, pages[1].1))
        state.freeIfUnused(frames[1])
        return finish(call, &state)
    }

    // MARK: Files

    /// Unmaps every page-table entry of the backing page, then takes it out of the page cache.
    func stepTruncate(_ call: Call, _ state: inout KernelState) -> Bool {
        let backing = BackingPage(call.operation.argument)
        if state[.actor(call.actor, .phase)] == 0 {
            state[.actor(call.actor, .phase)] = 1
            state[.actor(call.actor, .lock)] = 0
        }
        let cached = state[.backing(backing, .cache)]
        let frame = cached == 0 ? nil : PageFrameNumber(cached - 1)
        if let frame {
            for process in 0..<Bounds.processes {
                for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).presentFrame == frame {
                    zap(ProcessID(process), PageNumber(page), &state)
                    return true
                }
            }
        }
        punchHole(backing, &state)
        if call.operation.second == 0 { state[.backing(backing, .kind)] = BackingKind.truncated.rawValue }
        return finish(call, &state)
    }

    /// Takes the backing page out of the page cache. A frame that is still referenced lives on without a file; a block of a DAX file
    /// system is the storage itself, and is free for the next file whatever still refers to it.
    func punchHole(_ backing: BackingPage, _ state: inout KernelState) {
        let cached = state[.backing(backing, .cache)]
        // What nobody has mapped is gone all the same.
        state[.backing(backing, .stored)] = 0
        guard cached != 0 else { return }
        let frame = PageFrameNumber(cached - 1)
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).presentFrame == frame {
                zap(ProcessID(process), PageNumber(page), &state)
            }
        }
        state[.backing(backing, .cache)] = 0
        if state.zone(frame) == .storage {
            state.free(frame)
        } else {
            state[.frame(frame, .use)] = FrameUse.orphan.rawValue
            state.freeIfUnused(frame)
        }
    }
}
