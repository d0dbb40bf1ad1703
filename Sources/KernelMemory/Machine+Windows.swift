// Machine+Windows.swift - memory windows: a page of a region under a key of its own.
//
// Owns: binding, invalidation, and that a region with windows stays. The device's entry of a window names the region's frame and holds nothing.
// Does not: decide who may bind what (module Verbs, asked in Machine+VerbsRules). Spec: IBA vol 1, 10.6.7.2.

extension Machine {
    /// One step of `bind` or `invalidate`.
    func stepWindow(_ call: Call, _ state: inout KernelState) -> Bool {
        call.operation.kind == .bindWindow ? bindWindow(call, &state) : invalidateWindow(call, &state)
    }

    /// `region` is the window, `original` the region, `argument` the page of it.
    private func bindWindow(_ call: Call, _ state: inout KernelState) -> Bool {
        let (window, region) = (call.operation.region, call.operation.original)
        let isFree = state.life(window) == .none || state.life(window) == .live && state.kind(window) == .window
        guard isFree, allowsBind(call.operation, state) else { return finish(call, &state, .windowBindError) }
        state.setSlot(window, 0, state.slotFrame(region, call.operation.argument), [])
        state[.region(window, .life)] = RegionLife.live.rawValue
        state[.region(window, .kind)] = HolderKind.window.rawValue
        state[.region(window, .access)] = access(call.operation.flags).subtracting(.pinnedForWrite).rawValue
        state[.region(window, .owner)] = state[.region(region, .owner)]
        state[.region(window, .firstPage)] = state[.region(region, .firstPage)] + call.operation.argument
        state[.region(window, .pageCount)] = 1
        state[.region(window, .source)] = region.index + 1
        state[.region(window, .descriptorHolders)] = state[.region(region, .descriptorHolders)]
        return finish(call, &state)
    }

    /// The key dies first; then accesses under way end.
    private func invalidateWindow(_ call: Call, _ state: inout KernelState) -> Bool {
        let window = call.operation.region
        if state[.actor(call.actor, .phase)] == 0 {
            guard state.kind(window) == .window, state.life(window) == .live else { return finish(call, &state, .invalid) }
            state[.actor(call.actor, .phase)] = 1
        }
        guard stepRelease(window, by: call, &state) else { return false }
        return state.life(window) == .none ? finish(call, &state) : true
    }

    /// True if a window is bound to the region.
    func hasWindows(_ region: RegionID, _ state: borrowing KernelState) -> Bool {
        for index in 0..<Bounds.regions where isWindow(RegionID(index), of: region, state) { return true }
        return false
    }

    func isWindow(_ window: RegionID, of region: RegionID, _ state: borrowing KernelState) -> Bool {
        guard state.life(window) != .none, state.kind(window) == .window else { return false }
        return state[.region(window, .source)] == region.index + 1
    }
}
