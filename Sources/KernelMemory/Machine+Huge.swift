// Machine+Huge.swift - transparent huge pages: when their one entry becomes an entry for each page, and when the folio is taken apart.
//
// Owns: both splits. A huge page is a folio of two pages; mapped whole, both entries carry `EntryFlags.whole`, which stands for the one
// entry of the level above. Does not: split hugetlb pages, which are mapped whole for as long as they are mapped.
// Counterpart in Linux: __split_huge_pmd, split_huge_page.

extension Machine {
    /// Maps the pair page by page from now on; rights stay what they are.
    func splitMapping(_ process: ProcessID, _ page: PageNumber, _ state: inout KernelState) {
        for member in [page, PageNumber(page.index ^ 1)] {
            let flags = state.entryFlags(process, member)
            guard flags.contains(.whole) else { continue }
            state.setEntry(process, member, state.entry(process, member), flags.subtracting(.whole))
        }
    }

    /// Makes two ordinary pages of a transparent huge page; false if something beyond page tables and caches refers to it.
    func splitFolio(_ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        guard state.isHuge(frame) else { return true }
        guard !state.isHugetlb(frame), state.unexpectedReferences(frame) == 0 else { return false }
        for index in state.folio(frame) {
            let member = PageFrameNumber(index)
            for process in 0..<Bounds.processes {
                for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).presentFrame == member {
                    splitMapping(ProcessID(process), PageNumber(page), &state)
                }
            }
        }
        for index in state.folio(frame) { state[.frame(PageFrameNumber(index), .folio)] = FolioPart.single.rawValue }
        return true
    }
}
