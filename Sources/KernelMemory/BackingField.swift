// BackingField.swift - fields of one backing page.

/// Fields of one backing page.
public enum BackingField: Int, CaseIterable, Sendable {
    /// Frame in the page cache plus 1; 0 when absent.
    case cache
    case stored
    /// `BackingKind`; truncation turns it to `.truncated`.
    case kind
    /// A dma-buf exporter moves the page. 1: it holds the buffer's lock; 2: the new place is known, its fence not signalled yet.
    case moving
}
