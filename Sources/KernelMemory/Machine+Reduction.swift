// Machine+Reduction.swift - steps that no other actor can notice.
//
// Owns: the partial-order reduction's choice. Such a step commutes with every other: only it needs to be tried where it is possible.

extension Machine {
    /// An actor whose next step changes only its own place, or fills a frame that nobody else knows yet with zeroes.
    public func unnoticedStep(in state: borrowing KernelState) -> ActorID? {
        for index in 0..<actorCount {
            let actor = ActorID(index)
            guard let operation = operation(of: actor, in: state) else { continue }
            if needsProcess[index], state[.process(processes[index], .life)] != 1 { continue }
            switch operation.kind {
            case .mark: return actor
            case .await: if isFinished(ActorID(operation.argument), in: state) { return actor }
            case .awaitMark:
                let target = ActorID(operation.argument)
                if state[.actor(target, .programCounter)] > operation.second { return actor }
                if isFinished(target, in: state) { return actor }
            default: if fillsNewFrame(actor, operation, state) { return actor }
            }
        }
        return nil
    }

    private func fillsNewFrame(_ actor: ActorID, _ operation: Operation, _ state: borrowing KernelState) -> Bool {
        guard state[.actor(actor, .fault)] == FaultState.copy.rawValue, state.frame(of: actor) == nil else { return false }
        let page = PageNumber(state[.actor(actor, .page)])
        return !wantsHuge(operation.process, page, state)
    }
}
