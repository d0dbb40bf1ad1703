// CellSubject.swift - the kinds of things that cells tell of.

/// The kinds of things that cells tell of.
public enum CellSubject: Int, Sendable {
    /// An address space: its pages and its counters.
    case process = 0
    case actor
    case frame
    /// Page cache and swap.
    case store
    case region
    /// Recorded values and facts about the whole system.
    case scenario
    case bus
}
