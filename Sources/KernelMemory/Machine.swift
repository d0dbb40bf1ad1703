// Machine.swift - carries out one step of one actor.
//
// Owns: the choice of the operation and its completion. Does not: choose the actor (the explorer tries every one), keep any state.
// A step is what a real kernel cannot be interrupted in. Taking a lock is folded into the first step under it, and letting go
// into the last: nobody can tell. Each operation is a small state machine; its phase and registers are cells of its actor.

/// Carries out steps of a program under the rules of one kernel.
public final class Machine: Sendable {
    public let rules: KernelRules
    public let program: Program
    let operations: [Operation]
    let starts: [Int]
    let needsProcess: [Bool]
    let processes: [ProcessID]
    public let actorCount: Int
    let hasOnDemand: Bool

    public init(rules: KernelRules, program: Program) {
        precondition(program.parts.count <= Bounds.actors)
        self.rules = rules
        self.program = program
        var all: [Operation] = []
        var starts: [Int] = []
        for part in program.parts {
            starts.append(all.count)
            all += part.operations
        }
        starts.append(all.count)
        operations = all
        self.starts = starts
        needsProcess = program.parts.map(\.needsProcess)
        processes = program.parts.map(\.process)
        actorCount = program.parts.count
        hasOnDemand = all.contains { $0.flags.contains(.onDemand) || $0.flags.contains(.dmaBuffer) }
    }

    /// The operation that the actor is at, nil at the end of its program.
    public func operation(of actor: ActorID, in state: borrowing KernelState) -> Operation? {
        operation(of: actor, at: state[.actor(actor, .programCounter)])
    }

    /// The operation at a place of the actor's program, nil at its end.
    @inline(__always)
    private func operation(of actor: ActorID, at place: Int) -> Operation? {
        let place = starts[actor.index] &+ place
        return place < starts[actor.index &+ 1] ? operations[place] : nil
    }

    /// True once the actor has done all that it will ever do.
    public func isFinished(_ actor: ActorID, in state: borrowing KernelState) -> Bool {
        if operation(of: actor, in: state) == nil { return true }
        return hasLostProcess(actor, in: state)
    }

    /// True if the actor's process has exited under it (its own exit runs to the end first).
    private func hasLostProcess(_ actor: ActorID, in state: borrowing KernelState) -> Bool {
        guard needsProcess[actor.index], state[.process(processes[actor.index], .life)] == 2 else { return false }
        if state[.actor(actor, .phase)] != 0 { return false }
        return state[.actor(actor, .fault)] == 0
    }

    /// Tries one step of `actor`.
    public func step(_ actor: ActorID, _ state: inout KernelState) -> StepResult {
        // Cells are handed on here, not the state: that would be copied.
        guard let operation = operation(of: actor, at: state[.actor(actor, .programCounter)]) else { return .blocked }
        if needsProcess[actor.index] {
            let life = state[.process(processes[actor.index], .life)]
            let isBetweenSteps = state[.actor(actor, .phase)] == 0 && state[.actor(actor, .fault)] == 0
            if life == 0 || life == 2 && isBetweenSteps { return .blocked }
        }
        return dispatch(Call(actor: actor, operation: operation), &state) ? .progressed : .blocked
    }

    private func dispatch(_ call: Call, _ state: inout KernelState) -> Bool {
        switch call.operation.kind {
        case .read, .write: return stepAccess(call, &state)
        case .fork: return stepFork(call, &state)
        case .exit: return stepExit(call, &state)
        case .map, .unmap, .protect, .remap, .lock, .unlock: return stepArea(call, &state)
        case .adviseDontNeed, .adviseDontFork, .adviseDoFork, .adviseWipeOnFork, .adviseRemove, .advisePageOut, .adviseCollapse,
            .clearSoftDirty:
            return stepAdvice(call, &state)
        case .register: return stepRegister(call, &state)
        case .reregister: return stepReregister(call, &state)
        case .deregister, .unpin: return stepDeregister(call, &state)
        case .pin: return stepBarePin(call, &state)
        case .passDescriptor, .closeDescriptor: return stepDescriptor(call, &state)
        case .bindWindow, .invalidateWindow: return stepWindow(call, &state)
        case .deviceRead, .deviceWrite, .resetQueue: return stepDevice(call, &state)
        case .swapOut: return stepSwapOut(call, &state)
        case .migrate, .migrateToDevice, .migrateToSystem: return stepMigrate(call, &state)
        case .mergeSame: return stepMerge(call, &state)
        case .truncate: return stepTruncate(call, &state)
        case .writeBack, .reclaimFile: return stepFilePage(call, &state)
        case .hint, .memoryFailure, .bufferMove, .bufferRevoke: return stepDeviceMemory(call, &state)
        case .unbindProvider: return stepUnbind(call, &state)
        case .kernelMap, .kernelUnmap, .kernelUse, .kernelFlush, .kernelAlias, .kernelAliasFreed, .kernelTemporaryUse:
            return stepOwnership(call, &state)
        case .busSend, .busRequest, .busReply, .busReceive, .busRelease, .busDestroy, .busDrop, .busDisconnect: return stepBus(call, &state)
        case .await, .awaitMark, .mark, .failIf: return stepControl(call, &state)
        }
    }

    /// Ends the actor's operation: records the outcome and clears the registers.
    @discardableResult
    func finish(_ call: Call, _ state: inout KernelState, _ outcome: Outcome = .ok) -> Bool {
        let actor = call.actor
        if let result = call.operation.result { state[.variable(result)] = outcome.code }
        state.dropLook(actor)
        for field in [ActorField.phase, .page, .entry, .entryFlags, .want, .fault, .lock, .outcome] {
            state[.actor(actor, field)] = 0
        }
        state[.actor(actor, .programCounter)] += 1
        return true
    }

    private func stepControl(_ call: Call, _ state: inout KernelState) -> Bool {
        switch call.operation.kind {
        case .await:
            guard isFinished(ActorID(call.operation.argument), in: state) else { return false }
        case .awaitMark:
            let place = state[.actor(ActorID(call.operation.argument), .programCounter)]
            guard place > call.operation.second || isFinished(ActorID(call.operation.argument), in: state) else { return false }
        case .failIf:
            // Skips the rest of the actor's program if an earlier outcome was not `ok`.
            guard state[.variable(VariableID(call.operation.argument))] != Outcome.ok.code else { break }
            finish(call, &state)
            state[.actor(call.actor, .programCounter)] = starts[call.actor.index + 1] - starts[call.actor.index]
            return true
        default: break
        }
        return finish(call, &state)
    }
}
