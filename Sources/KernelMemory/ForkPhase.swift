// ForkPhase.swift - phases of a fork.

/// Phases of a fork.
enum ForkPhase: Int {
    case begin = 0
    case test
    case share
    case copy
}
