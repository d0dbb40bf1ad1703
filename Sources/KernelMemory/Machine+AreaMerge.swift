// Machine+AreaMerge.swift - when neighbouring areas become one, and what keeps them apart.
//
// Owns: the merge condition: same flags, VM_ACCOUNT among them, backing in sequence, and anon_vmas that go together. A call looks at the
// areas that it changes alone. Counterpart in Linux: vma_merge (mm/vma.c), mprotect_fixup.

extension Machine {
    /// Merges at the ends of `range` and inside it where a page that has changed is now like its neighbour.
    /// - Parameter changed: a bit for each page of which the call made something else.
    func merge(_ process: ProcessID, _ range: Range<Int>, changed: Int, _ state: inout KernelState) {
        for boundary in range.lowerBound...range.upperBound where boundary > 0 && boundary < Bounds.pages {
            let (left, right) = (PageNumber(boundary - 1), PageNumber(boundary))
            let rightChanged = changed >> right.index & 1 != 0
            guard rightChanged || changed >> left.index & 1 != 0 else { continue }
            guard state[.page(process, right, .areaStart)] == AreaStart.here else { continue }
            guard state.mapping(process, left).continues(to: state.mapping(process, right)) else { continue }
            guard state.areaFlags(process, left) == state.areaFlags(process, right) else { continue }
            let own = state[.page(process, rightChanged ? right : left, .anonymousArea)]
            let neighbours = state[.page(process, rightChanged ? left : right, .anonymousArea)]
            guard goTogether(changed: own, other: neighbours) else { continue }
            state[.page(process, right, .areaStart)] = AreaStart.none
            let identity = max(own, neighbours)
            for index in areaSpan(process, right, state) { state[.page(process, PageNumber(index), .anonymousArea)] = identity }
        }
    }

    /// Two anon_vmas that are not the same go together if one is not there: until 6.15 only that of the area that changed, which the other
    /// takes in. What began with a fork takes in nothing.
    private func goTogether(changed: Int, other: Int) -> Bool {
        if changed == other { return true }
        guard min(changed, other) == 0, max(changed, other) < Self.inheritedIdentity else { return false }
        return changed == 0 || rules.has(.mergeTakesUntouched)
    }

    /// An area's flags after mprotect made `flags` of what it had.
    func accounted(_ flags: AreaFlags, _ process: ProcessID, _ page: PageNumber, _ state: borrowing KernelState) -> AreaFlags {
        let mapping = state.mapping(process, page)
        if flags.contains(.write) { return isAccountable(mapping, state) ? flags.union(.accounted) : flags }
        guard rules.has(.untouchedLosesAccount), mapping.backing == nil, mapping != .hugetlb else { return flags }
        return state[.page(process, page, .anonymousArea)] == 0 ? flags.subtracting(.accounted) : flags
    }

    /// Private memory; hugetlb pages are counted elsewhere.
    func isAccountable(_ mapping: Mapping, _ state: borrowing KernelState) -> Bool {
        guard !mapping.isShared, mapping != .hugetlb else { return false }
        guard let backing = mapping.backing else { return true }
        return state.backingKind(backing) != .hugePages
    }

    /// What a scenario begins with was mapped for reading and writing, filled, and then given its rights.
    func account(_ state: inout KernelState) {
        for process in 0..<Bounds.processes where state.isAlive(ProcessID(process)) {
            for page in 0..<Bounds.pages {
                let (process, page) = (ProcessID(process), PageNumber(page))
                let flags = state.areaFlags(process, page)
                guard flags.contains(.mayWrite), isAccountable(state.mapping(process, page), state) else { continue }
                state.setAreaFlags(process, page, accounted(flags.union(.accounted), process, page, state))
            }
        }
    }
}
