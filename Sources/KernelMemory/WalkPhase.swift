// WalkPhase.swift - phases of a walk over all the entries that map a page.

/// Phases of a walk over all the entries that map a page.
enum WalkPhase: Int {
    case begin = 0
    case unmap
    case decide
    case restore
}
