// HostPlan+Charge.swift - where io_uring's charge to a user can be seen.
//
// Owns: of which processes it is asked. No file tells it: a process with a ring of its own and a limit tries how much room is left.
import KernelMemory
import Litmus

extension HostPlan {
    /// Pages that io_uring has charged to the user of a process, as a process under a limit sees them: no more than the limit. Nil where
    /// that cannot be seen: of what has no limit, of a child, which has no ring of its own, and where a process of the same user has taken
    /// with it what its rings were charged.
    func charge(of process: ProcessID, in state: KernelState) -> Int? {
        guard isGauge(process), usesFixedBuffers, state.lives(process) else { return nil }
        for index in scenario.processes.indices {
            let other = ProcessID(index)
            if isGauge(other), user(of: other) == user(of: process), !state.lives(other) { return nil }
        }
        return min(state.userPages(process), scenario.initial[.process(process, .lockLimit)])
    }

    private func user(of process: ProcessID) -> Int { scenario.initial[.process(process, .user)] }

    private func isGauge(_ process: ProcessID) -> Bool {
        scenario.initial.lives(process) && scenario.initial[.process(process, .lockLimit)] != KernelState.unlimited
    }

    private var usesFixedBuffers: Bool {
        scenario.program.parts.contains { part in part.operations.contains { $0.kind == .pin && $0.flags.contains(.fixedBuffer) } }
    }
}
