// HostStep.swift - one statement of a run: who carried it out, what the model made of it, what the kernel showed.
import KernelMemory

/// One statement of a run.
struct HostStep {
    let actor: ActorID
    let operation: Operation
    let predicted: Outcome
    /// The model's state after it.
    let state: KernelState
    var sight: HostSight
}
