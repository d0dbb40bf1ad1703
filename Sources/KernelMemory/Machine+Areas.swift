// Machine+Areas.swift - virtual memory areas: map, unmap, mprotect, mremap, mlock; split and merge.
//
// Owns: the area operations, under the map lock for writing, page by page. Does not: say what merges (`Machine+AreaMerge`). Counterpart in Linux: mm/mmap.c, mm/vma.c, mm/mprotect.c, mm/mremap.c, mm/mlock.c.

/// Phases of an area operation.
private enum AreaPhase: Int {
    case begin = 0
    case pages
    case populate
}

extension Machine {
    /// The pages of the VMA that `page` lies in.
    func areaSpan(_ process: ProcessID, _ page: PageNumber, _ state: borrowing KernelState) -> ClosedRange<Int> {
        var first = page.index
        while first > 0, state[.page(process, PageNumber(first), .areaStart)] == 0 { first -= 1 }
        var last = page.index
        while last + 1 < Bounds.pages, state[.page(process, PageNumber(last + 1), .mapping)] != 0,
            state[.page(process, PageNumber(last + 1), .areaStart)] == 0
        { last += 1 }
        return first...last
    }

    /// The anon_vma of a neighbouring VMA that this one could merge with, if any.
    func mergeableNeighbourIdentity(_ process: ProcessID, _ span: ClosedRange<Int>, _ state: borrowing KernelState) -> Int? {
        for (inside, outside) in [(span.lowerBound, span.lowerBound - 1), (span.upperBound, span.upperBound + 1)] {
            guard outside >= 0, outside < Bounds.pages else { continue }
            let boundary = PageNumber(max(inside, outside))
            guard state[.page(process, boundary, .areaStart)] == AreaStart.here else { continue }
            let rights: AreaFlags = [.read, .write]
            let flags = state.areaFlags(process, PageNumber(inside)).subtracting(rights)
            guard state.areaFlags(process, PageNumber(outside)).subtracting(rights) == flags else { continue }
            let identity = state[.page(process, PageNumber(outside), .anonymousArea)]
            if identity != 0, identity < Self.inheritedIdentity { return identity }
        }
        return nil
    }

    /// Splits so that `range` starts and ends at VMA boundaries.
    private func split(_ process: ProcessID, _ range: Range<Int>, _ state: inout KernelState) {
        for boundary in [range.lowerBound, range.upperBound] { split(process, before: boundary, &state) }
    }

    /// Splits for a change of flags. An area that has the new flags already is left alone, and so not cut.
    func split(_ process: ProcessID, _ range: Range<Int>, _ state: inout KernelState, becoming change: (AreaFlags) -> AreaFlags) {
        for boundary in boundariesToCut(process, range, state, becoming: change) { split(process, before: boundary, &state) }
    }

    /// Where `range` begins or ends inside an area of which the change makes something else.
    func boundariesToCut(
        _ process: ProcessID, _ range: Range<Int>, _ state: borrowing KernelState, becoming change: (AreaFlags) -> AreaFlags
    ) -> [Int] {
        guard !range.isEmpty else { return [] }
        var cuts: [Int] = []
        for (cut, inside) in [(range.lowerBound, range.lowerBound), (range.upperBound, range.upperBound - 1)] where cut < Bounds.pages {
            guard !state.mapping(process, PageNumber(cut)).isHole, state[.page(process, PageNumber(cut), .areaStart)] == 0 else { continue }
            let flags = state.areaFlags(process, PageNumber(inside))
            if change(flags) != flags { cuts.append(cut) }
        }
        return cuts
    }

    private func split(_ process: ProcessID, before boundary: Int, _ state: inout KernelState) {
        guard boundary < Bounds.pages, state[.page(process, PageNumber(boundary), .mapping)] != 0 else { return }
        guard state[.page(process, PageNumber(boundary), .areaStart)] == 0 else { return }
        state[.page(process, PageNumber(boundary), .areaStart)] = AreaStart.here
        // One entry cannot lie in two areas.
        if !boundary.isMultiple(of: 2) { splitMapping(process, PageNumber(boundary), &state) }
    }

    /// Takes the page's entry away and frees what that leaves unused.
    func zap(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        let entry = state.entry(process, page)
        guard !entry.isNone else { return }
        notify(process, page, &state)
        splitMapping(process, page, &state)
        state.setEntry(process, page, .none, [])
        if let frame = entry.mappedFrame {
            dropSwapCache(frame, &state)
            state.freeIfUnused(frame)
        }
        if let slot = entry.swapSlot, state.swapReferences(slot) == 0 {
            let cached = state[.swap(slot, .cache)]
            // A page that is mapped elsewhere stays in the swap cache until someone who writes it lets go of that.
            if cached != 0, state.mapCount(PageFrameNumber(cached - 1)) > 0 { return }
            for field in SwapField.allCases { state[.swap(slot, field)] = 0 }
            if cached != 0 { state.freeIfUnused(PageFrameNumber(cached - 1)) }
        }
    }

    /// One step of an area operation.
    func stepArea(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        let range = operation.page.index..<(operation.page.index + operation.pageCount)
        if state[.actor(call.actor, .phase)] == AreaPhase.begin.rawValue {
            guard lockForWriting(call, &state) else { return false }
            if let refusal = beginArea(call, range, &state) { return finish(call, &state, refusal) }
            state[.actor(call.actor, .phase)] = AreaPhase.pages.rawValue
            state[.actor(call.actor, .page)] = range.lowerBound
            return skipIdlePages(call, range, &state)
        }
        if operation.kind == .lock { return stepPopulate(call, range, &state) }
        if state[.actor(call.actor, .phase)] == AreaPhase.populate.rawValue { return stepPopulateWritable(call, range, &state) }
        let page = PageNumber(state[.actor(call.actor, .page)])
        guard changePage(operation, page, &state) else { return false }
        state[.actor(call.actor, .page)] = page.index + 1
        return skipIdlePages(call, range, &state)
    }

    /// mlock, once the areas are marked: the map lock is let go of, and each page is faulted in as an access would. A private area that
    /// may be written is faulted for writing, so that locked pages never share a frame copy-on-write.
    private func stepPopulate(_ call: Call, _ range: Range<Int>, _ state: inout KernelState) -> Bool {
        if state.lock(call.actor) == .write { state[.actor(call.actor, .lock)] = 0 }
        switch FaultState(rawValue: state[.actor(call.actor, .fault)])! {
        case .failed: return finish(call, &state, .noMemory)
        case .test, .copy, .install, .homeUnmap, .homeRestore: return stepFault(call, &state)
        case .idle: break
        }
        let page = PageNumber(state[.actor(call.actor, .page)])
        guard page.index < range.upperBound else { return finish(call, &state) }
        let area = state.areaFlags(call.process, page)
        // What nobody may access is not brought in, not even where it is there.
        guard !area.isDisjoint(with: [.read, .write]) else { return finish(call, &state, .noMemory) }
        let writes = area.contains(.write) && !state.mapping(call.process, page).isShared
        let flags = state.entryFlags(call.process, page)
        guard state.entry(call.process, page).presentFrame != nil, !writes || flags.contains(.writable) else {
            return beginFault(call, writes ? .write : .read, &state)
        }
        state[.actor(call.actor, .page)] = page.index + 1
        return page.index + 1 < range.upperBound || finish(call, &state)
    }

    /// Goes on to the next page that has an entry to change; ends the operation after the last.
    private func skipIdlePages(_ call: Call, _ range: Range<Int>, _ state: inout KernelState) -> Bool {
        var index = state[.actor(call.actor, .page)]
        while index < range.upperBound, state.entry(call.process, PageNumber(index)).isNone,
            call.operation.kind != .lock, call.operation.kind != .remap
        {
            if call.operation.kind == .unmap { clearArea(call.process, PageNumber(index), &state) }
            index += 1
        }
        state[.actor(call.actor, .page)] = index
        guard index >= range.upperBound else { return true }
        if call.operation.kind != .protect { merge(call.process, range, changed: bits(range), &state) }
        guard call.operation.kind == .protect, nextToPopulate(call, range, state) != nil else { return endArea(call, &state) }
        state[.actor(call.actor, .phase)] = AreaPhase.populate.rawValue
        return true
    }

    private func endArea(_ call: Call, _ state: inout KernelState) -> Bool {
        let refusal = state[.actor(call.actor, .outcome)]
        return finish(call, &state, refusal == 0 ? .ok : Outcome(code: refusal))
    }

    private func nextToPopulate(_ call: Call, _ range: Range<Int>, _ state: borrowing KernelState) -> PageNumber? {
        for index in range where state.entryFlags(call.process, PageNumber(index)).contains(.populates) { return PageNumber(index) }
        return nil
    }

    /// mprotect, still under the map lock: locked pages that became writable are faulted for writing, so that no later store waits.
    private func stepPopulateWritable(_ call: Call, _ range: Range<Int>, _ state: inout KernelState) -> Bool {
        switch FaultState(rawValue: state[.actor(call.actor, .fault)])! {
        // The pages keep what they had: mprotect has done its work, and does not report it.
        case .failed: state[.actor(call.actor, .fault)] = 0
        case .test, .copy, .install, .homeUnmap, .homeRestore: return stepFault(call, &state)
        case .idle: break
        }
        guard let page = nextToPopulate(call, range, state) else { return endArea(call, &state) }
        let flags = state.entryFlags(call.process, page)
        state.setEntry(call.process, page, state.entry(call.process, page), flags.subtracting(.populates))
        state[.actor(call.actor, .page)] = page.index
        return flags.contains(.writable) || beginFault(call, .write, &state)
    }

    /// What was locked is locked no more when its area goes, whichever call takes it away.
    private func unlockArea(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        guard state.areaFlags(process, page).contains(.locked) else { return }
        undoLock(1, process, &state)
    }

    private func clearArea(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        unlockArea(process, page, &state)
        for field in [PageField.mapping, .areaFlags, .anonymousArea] { state[.page(process, page, field)] = 0 }
        startArea(process, page, starts: false, &state)
    }

    /// A boundary that can never merge away stays through everything.
    private func startArea(_ process: ProcessID, _ page: PageNumber, starts: Bool, _ state: inout KernelState) {
        guard state[.page(process, page, .areaStart)] != AreaStart.always else { return }
        state[.page(process, page, .areaStart)] = starts ? AreaStart.here : AreaStart.none
    }

    /// The change of the VMAs themselves; an outcome means refusal.
    private func beginArea(_ call: Call, _ range: Range<Int>, _ state: inout KernelState) -> Outcome? {
        let operation = call.operation
        switch operation.kind {
        case .map: return beginMap(operation, range, &state)
        case .protect: return beginProtect(call, range, &state)
        case .lock: return beginLock(operation, range, &state)
        case .unlock: return endLock(operation, range, &state)
        case .remap, .unmap:
            split(operation.process, range, &state)
            return nil
        default: return .invalid
        }
    }

    /// MAP_FIXED of new anonymous memory, or of the backing given by `second`, over whatever was there.
    private func beginMap(_ operation: Operation, _ range: Range<Int>, _ state: inout KernelState) -> Outcome? {
        split(operation.process, range, &state)
        for index in range {
            let page = PageNumber(index)
            zap(operation.process, page, &state)
            unlockArea(operation.process, page, &state)
            let rights = areaRights(operation)
            let code = operation.second
            let mapping: Mapping
            if code == 0 {
                mapping = operation.flags.contains(.huge) ? .anonymousHuge : operation.flags.contains(.hugetlb) ? .hugetlb : .anonymous
            } else {
                let backing = BackingPage(code - 1 + index - range.lowerBound)
                mapping = operation.flags.contains(.shared) ? .shared(backing) : .privately(backing)
            }
            state[.page(operation.process, page, .mapping)] = mapping.code
            let isAccounted = rights.contains(.write) && isAccountable(mapping, state)
            state.setAreaFlags(operation.process, page, isAccounted ? rights.union(.accounted) : rights)
            state[.page(operation.process, page, .anonymousArea)] = 0
            startArea(operation.process, page, starts: index == range.lowerBound, &state)
            enterPeerMemory(operation.process, page, &state)
        }
        return nil
    }

    func areaRights(_ operation: Operation) -> AreaFlags {
        var rights: AreaFlags = []
        if operation.flags.contains(.readable) { rights.insert(.read) }
        if operation.flags.contains(.writable) { rights.insert(.write) }
        if !operation.flags.contains(.readOnlyFile) { rights.insert(.mayWrite) }
        if operation.flags.contains(.dontCopy), rules.has(.mapDontCopy) { rights.insert(.dontCopy) }
        return rights
    }

    private func protectRefusal(_ operation: Operation, _ page: PageNumber, _ state: borrowing KernelState) -> Outcome? {
        if state.mapping(operation.process, page).isHole { return .noMemory }
        let mayWrite = state.areaFlags(operation.process, page).contains(.mayWrite)
        let asksTooMuch = operation.flags.contains(.writable) && !mayWrite && rules.has(.guardMprotectChecksMayWrite)
        return asksTooMuch ? .accessDenied : nil
    }

    /// Area by area: what comes before a hole, or before an area that may not be written, is changed all the same.
    private func beginProtect(_ call: Call, _ range: Range<Int>, _ state: inout KernelState) -> Outcome? {
        let operation = call.operation
        let process = operation.process
        if operation.flags.contains(.dontCopy), !rules.has(.protDontCopy) { return .invalid }
        var end = range.upperBound
        for index in range {
            guard let refusal = protectRefusal(operation, PageNumber(index), state) else { continue }
            guard index > range.lowerBound else { return refusal }
            state[.actor(call.actor, .outcome)] = refusal.code
            end = index
            break
        }
        let range = range.lowerBound..<end
        split(process, range, &state) { protected($0, operation) }
        var changed = 0
        for index in range {
            let (page, before) = (PageNumber(index), state.areaFlags(process, PageNumber(index)))
            let flags = protected(before, operation)
            guard flags != before else { continue }
            changed |= 1 << index
            markToPopulate(process, page, becoming: flags, &state)
            state.setAreaFlags(process, page, accounted(flags, process, page, state))
        }
        merge(process, range, changed: changed, &state)
        return nil
    }

    /// An area's flags after mprotect.
    private func protected(_ before: AreaFlags, _ operation: Operation) -> AreaFlags {
        var flags = before.subtracting([.read, .write])
        if operation.flags.contains(.readable) { flags.insert(.read) }
        if operation.flags.contains(.writable) { flags.insert(.write) }
        guard rules.has(.protDontCopy) else { return flags }
        // The 2005 patch put VM_DONTCOPY into the mask of what mprotect replaces.
        if !rules.has(.guardMprotectKeepsDriverFlags) || operation.flags.contains(.dontCopy) { flags.remove(.dontCopy) }
        if operation.flags.contains(.dontCopy) { flags.insert(.dontCopy) }
        return flags
    }

    /// Notes a page of a private, locked area that could not be written and now can.
    private func markToPopulate(_ process: ProcessID, _ page: PageNumber, becoming flags: AreaFlags, _ state: inout KernelState) {
        let before = state.areaFlags(process, page)
        guard rules.has(.mprotectPopulatesLocked), before.contains(.locked), !before.contains(.write), flags.contains(.write),
            !state.mapping(process, page).isShared, state.entry(process, page).presentFrame != nil
        else { return }
        state.setEntry(process, page, state.entry(process, page), state.entryFlags(process, page).union(.populates))
    }

    /// The limit is asked for all of the range that is not locked yet, holes too; marked, and charged, is what comes before the first hole.
    private func beginLock(_ operation: Operation, _ range: Range<Int>, _ state: inout KernelState) -> Outcome? {
        let process = operation.process
        let fresh = range.filter { !state.areaFlags(process, PageNumber($0)).contains(.locked) }
        if let refusal = chargeLock(fresh.count, process, &state) { return refusal }
        let mapped = range.lowerBound..<endOfMapped(process, range, state)
        undoLock(fresh.count { $0 >= mapped.upperBound }, process, &state)
        split(process, mapped, &state) { $0.union(.locked) }
        for index in mapped { state[.page(process, PageNumber(index), .areaFlags)] |= AreaFlags.locked.rawValue }
        merge(process, mapped, changed: fresh.reduce(0) { $0 | 1 << $1 }, &state)
        return mapped.count < range.count ? .noMemory : nil
    }

    private func endLock(_ operation: Operation, _ range: Range<Int>, _ state: inout KernelState) -> Outcome? {
        let process = operation.process
        let mapped = range.lowerBound..<endOfMapped(process, range, state)
        let locked = mapped.filter { state.areaFlags(process, PageNumber($0)).contains(.locked) }
        split(process, mapped, &state) { $0.subtracting(.locked) }
        for index in locked { state[.page(process, PageNumber(index), .areaFlags)] &= ~AreaFlags.locked.rawValue }
        undoLock(locked.count, process, &state)
        merge(process, mapped, changed: locked.reduce(0) { $0 | 1 << $1 }, &state)
        return mapped.count < range.count ? .noMemory : nil
    }

    private func bits(_ range: Range<Int>) -> Int { (1 << range.count - 1) << range.lowerBound }

    /// The first hole at or after the range's beginning; its end if there is none in it.
    private func endOfMapped(_ process: ProcessID, _ range: Range<Int>, _ state: borrowing KernelState) -> Int {
        for index in range where state.mapping(process, PageNumber(index)).isHole { return index }
        return range.upperBound
    }

    /// The change of one page's entry; false if it must wait.
    private func changePage(_ operation: Operation, _ page: PageNumber, _ state: inout KernelState) -> Bool {
        let process = operation.process
        if state.entry(process, page).migratingFrame != nil { return false }
        switch operation.kind {
        case .unmap:
            zap(process, page, &state)
            clearArea(process, page, &state)
        case .protect: protectPage(process, page, &state)
        case .remap: movePage(operation, page, &state)
        default: break
        }
        return true
    }

    /// True if the operation is about the page's pair as well.
    private func coversPair(_ operation: Operation, _ page: PageNumber) -> Bool {
        let pair = page.index ^ 1
        return pair >= operation.page.index && pair < operation.page.index + operation.pageCount
    }

    private func protectPage(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        var flags = state.entryFlags(process, page)
        let area = state.areaFlags(process, page)
        let entry = state.entry(process, page)
        if !area.contains(.write) { flags.remove(.writable) }
        if area.contains(.write), let frame = entry.presentFrame, !state.mapping(process, page).isShared,
            rules.has(.mprotectMapsExclusiveWritable), !flags.contains(.softClean), state.isAnonymous(frame), state[.frame(frame, .exclusive)] == 1,
            rules.has(.splitEntriesStayDirty) || flags.contains(.whole) || !state.isHuge(frame)
        {
            flags.insert(.writable)
        }
        notify(process, page, &state)
        state.setEntry(process, page, entry, flags)
    }

    /// mremap: page moves to the page that lies `argument - first page` further on.
    private func movePage(_ operation: Operation, _ page: PageNumber, _ state: inout KernelState) {
        let process = operation.process
        let target = PageNumber(operation.argument + page.index - operation.page.index)
        notify(process, page, &state)
        // The level above moves as it is only if it comes to lie in the same way.
        if !coversPair(operation, page) || (target.index ^ page.index) & 1 != 0 { splitMapping(process, page, &state) }
        zap(process, target, &state)
        unlockArea(process, target, &state)
        let starts = page == operation.page || state[.page(process, page, .areaStart)] != 0
        for field in PageField.allCases where field != .areaStart {
            state[.page(process, target, field)] = state[.page(process, page, field)]
            state[.page(process, page, field)] = 0
        }
        startArea(process, page, starts: false, &state)
        startArea(process, target, starts: starts, &state)
    }
}
