// Machine+Access.swift - a processor's load or store, with the faults it takes.
//
// Owns: the retry until the entry allows the access. Counterpart in Linux: exc_page_fault and the instruction's restart.

extension Machine {
    /// One step of `read` or `write`.
    func stepAccess(_ call: Call, _ state: inout KernelState) -> Bool {
        let operation = call.operation
        switch FaultState(rawValue: state[.actor(call.actor, .fault)])! {
        case .failed: return endFailedAccess(call, &state)
        case .test, .copy, .install, .homeUnmap, .homeRestore: return stepFault(call, &state)
        case .idle: break
        }
        let page = operation.page
        let writes = operation.kind == .write
        let area = state.areaFlags(operation.process, page)
        let flags = state.entryFlags(operation.process, page)
        if let frame = state.entry(operation.process, page).presentFrame, !flags.contains(.hint),
            writes ? flags.contains(.writable) : area.contains(.read)
        {
            return perform(call, on: frame, page, flags, &state)
        }
        state[.actor(call.actor, .page)] = page.index
        return beginFault(call, writes ? .write : .read, &state)
    }

    private func perform(
        _ call: Call, on frame: PageFrameNumber, _ page: PageNumber, _ flags: EntryFlags, _ state: inout KernelState
    ) -> Bool {
        if state.use(frame) == .free, frame != KernelState.zeroFrame { state[.global(.useAfterFree)] = 1 }
        if state.use(frame) == .poisoned {
            state[.global(.poisonConsumed)] = 1
            return finish(call, &state, .poisoned)
        }
        guard call.operation.kind == .write else {
            return finish(call, &state, .value(state[.frame(frame, .content)]))
        }
        state[.frame(frame, .content)] = call.operation.argument
        markDirty(frame, &state)
        return finish(call, &state)
    }

    /// The fault failed: a signal, or a device register (`ok`), which has no frame to read.
    private func endFailedAccess(_ call: Call, _ state: inout KernelState) -> Bool {
        finish(call, &state, Outcome(code: state[.actor(call.actor, .outcome)]))
    }
}
