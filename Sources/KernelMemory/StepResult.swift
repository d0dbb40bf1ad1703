// StepResult.swift - what one attempted step did.

/// What one attempted step did.
public enum StepResult: Sendable {
    /// The state changed.
    case progressed
    /// The actor has to wait for another, or is finished: the state must be thrown away.
    case blocked
}
