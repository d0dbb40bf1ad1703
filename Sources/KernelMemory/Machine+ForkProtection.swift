// Machine+ForkProtection.swift - fork protection by a library: what ibv_fork_init makes of registrations.
//
// Owns: the advice given around a registration. Does not: count ranges (`PinLedger` of module Verbs does), advise by itself
// (Machine+Advice). Counterpart in rdma-core: ibv_dontfork_range and ibv_dofork_range of memory.c.
import Verbs

extension Machine {
    /// Keeps the pages that no other registration of the process covers out of children, or lets them in again. Ranges are counted by
    /// address alone: what has been mapped there since is not known. Not needed, and not done, once the kernel says that it copies on fork.
    /// - Returns: why a range could not be kept out; what was kept out for this registration before is let in again.
    func protectFromFork(_ operation: Operation, adding: Bool, _ state: inout KernelState) -> Outcome? {
        guard !rules.has(.copyOnForkReported) else { return nil }
        var ledger = ledger(of: operation.process, without: operation.region, state)
        let range = PageRange(first: Verbs.PageNumber(rawValue: UInt64(operation.page.index)), count: UInt64(operation.pageCount))
        let changed = ledger.add(range)
        guard adding else {
            for pages in ledger.remove(range) { _ = advise(.adviseDoFork, operation.process, indices(pages), &state) }
            return nil
        }
        for (place, pages) in changed.enumerated() {
            guard let refusal = advise(.adviseDontFork, operation.process, indices(pages), &state) else { continue }
            for earlier in changed[..<place] { _ = advise(.adviseDoFork, operation.process, indices(earlier), &state) }
            return refusal
        }
        return nil
    }

    /// What the library has counted for the other registrations of the process.
    private func ledger(of process: ProcessID, without own: RegionID, _ state: borrowing KernelState) -> PinLedger {
        var ledger = PinLedger()
        for index in 0..<Bounds.regions {
            let region = RegionID(index)
            guard region != own, state.life(region) != .none, state.owner(region) == process else { continue }
            let first = Verbs.PageNumber(rawValue: UInt64(state[.region(region, .firstPage)]))
            _ = ledger.add(PageRange(first: first, count: UInt64(state[.region(region, .pageCount)])))
        }
        return ledger
    }

    private func indices(_ pages: PageRange) -> Range<Int> { Int(pages.first.rawValue)..<Int(pages.end.rawValue) }
}
