// ForkAdvice.swift - whether the program has ever kept memory from its children.
//
// Owns: nothing. Counterpart: madvise(2) MADV_DONTFORK.
import CPlatform

/// What the program has asked of forks.
public enum ForkAdvice {
    /// False also where its calls are not heard: they are by the preloaded library alone.
    public static var wasNeverGiven: Bool { verbena_fork_advice_never_given() }
}
