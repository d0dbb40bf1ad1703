// Machine+Reuse.swift - may a write-protected private page be written in place, or must it be copied?
//
// Owns: the decision, era by era. Counterpart in Linux: do_wp_page, can_share_swap_page, wp_can_reuse_anon_folio.

extension Machine {
    /// True if the frame may be made writable where it is.
    /// - Parameter isWhole: it is a transparent huge page that is mapped whole.
    func mayReuse(_ frame: PageFrameNumber, isWhole: Bool, _ state: inout KernelState) -> Bool {
        guard state.isAnonymous(frame) else { return false }
        if rules.has(.exclusiveFlag) { return mayReuseExclusive(frame, isWhole, &state) }
        if state.use(frame) == .sameMerged { return false }
        if rules.has(.reuseByReferenceCount), !reusesHugeByMapCount(frame, isWhole, state) {
            return mayReuseSolelyReferenced(frame, isWhole, &state)
        }
        if rules.has(.reuseByMapCount) { return mayReuseSolelyMapped(isWhole ? state.folio(frame) : frame.index...frame.index, &state) }
        return mayReuseBefore2613(frame, &state)
    }

    /// Reuse by map count takes the page lock: a page that is moving is not all mapped yet. Other rules try the lock, and copy.
    func waitsForPageLock(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        guard rules.has(.reuseByMapCount), !rules.has(.reuseByReferenceCount), rules.has(.guardReuseTakesPageLock) else { return false }
        for index in 0..<actorCount where state.newFrame(of: ActorID(index)) == frame { return true }
        return false
    }

    private func reusesHugeByMapCount(_ frame: PageFrameNumber, _ isWhole: Bool, _ state: borrowing KernelState) -> Bool {
        // hugetlb never left the rule by map count; transparent huge pages that are mapped whole did in 5.18, those mapped page by page in 5.9.
        return state.isHugetlb(frame) || isWhole && !rules.has(.hugeReuseByReferenceCount)
    }

    /// 5.19: the exclusive flag decides; a page that merely has no other reference left becomes exclusive again.
    private func mayReuseExclusive(_ frame: PageFrameNumber, _ isWhole: Bool, _ state: inout KernelState) -> Bool {
        if state[.frame(frame, .exclusive)] == 1 { return true }
        if state.isHugetlb(frame) { return state.mapCount(frame) == 1 }
        if isWhole { return state.references(frame) == state.folio(frame).count }
        guard state.use(frame) != .sameMerged else { return false }
        if state.isHuge(frame) {
            // The last page of a large one that is left is nobody else's, however the pages before it went.
            return rules.has(.largeFoliosReused) ? isOfOneProcess(frame, state) : state.references(frame) == 1
        }
        dropSwapCache(frame, &state)
        return state.references(frame) == 1
    }

    /// True if one process alone maps the pages of a large page, and nothing else refers to it.
    private func isOfOneProcess(_ frame: PageFrameNumber, _ state: borrowing KernelState) -> Bool {
        var (mappings, processes) = (0, 0)
        for process in 0..<Bounds.processes {
            var count = 0
            for page in 0..<Bounds.pages {
                guard let mapped = state.entry(ProcessID(process), PageNumber(page)).mappedFrame else { continue }
                if state.folio(frame).contains(mapped.index) { count += 1 }
            }
            mappings += count
            if count > 0 { processes += 1 }
        }
        let references = state.references(frame)
        return processes == 1 && references == mappings
    }

    /// A fault for write on a swapped page, where the swap cache is asked alone: until 5.18 references of devices did not count here.
    func mayReuseSwapped(_ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard rules.has(.reuseByMapCount), !rules.has(.swapCacheDroppedBeforeReuse), state.use(frame) != .sameMerged else { return false }
        return mayReuseSolelyMapped(frame.index...frame.index, &state)
    }

    /// 5.9: any reference beyond the one mapping forces a copy; 5.18 first lets go of the swap cache.
    private func mayReuseSolelyReferenced(_ frame: PageFrameNumber, _ isWhole: Bool, _ state: inout KernelState) -> Bool {
        if rules.has(.swapCacheDroppedBeforeReuse) { dropSwapCache(frame, &state) }
        // Each entry of a folio that is mapped page by page is a reference; one that maps it whole is one, counted here page by page.
        let expected = isWhole ? state.folio(frame).count : 1
        return state.references(frame) == expected && state.mapCount(frame) == 1
    }

    /// 2.6.13: only mappings and swap references count; references of devices do not. Of what one entry maps all frames must be mapped once.
    private func mayReuseSolelyMapped(_ frames: ClosedRange<Int>, _ state: inout KernelState) -> Bool {
        for frame in frames.map({ PageFrameNumber($0) }) {
            let swapped = state.swapCacheSlot(frame).map { state.swapReferences($0) } ?? 0
            guard state.mapCount(frame) + swapped == 1 else { return false }
        }
        for frame in frames { dropSwapCache(PageFrameNumber(frame), &state) }
        return true
    }

    /// Up to 2.6.12: any reference counts, the swap cache's aside.
    private func mayReuseBefore2613(_ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        let references = state.references(frame)
        if references == 1 { return true }
        guard let slot = state.swapCacheSlot(frame), references == 2, state.swapReferences(slot) == 0 else { return false }
        dropSwapCache(frame, &state)
        return true
    }

    /// Removes the frame from the swap cache if no entry names its slot any more.
    func dropSwapCache(_ frame: PageFrameNumber, _ state: inout KernelState) {
        guard let slot = state.swapCacheSlot(frame), state.swapReferences(slot) == 0 else { return }
        state[.swap(slot, .cache)] = 0
        state[.swap(slot, .content)] = 0
        state[.swap(slot, .used)] = 0
    }
}
