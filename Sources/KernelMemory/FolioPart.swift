// FolioPart.swift - a frame's place in its folio.

/// A frame's place in its folio.
public enum FolioPart: Int, CaseIterable, Sendable {
    case single = 0
    case head
    case tail
    case hugetlbHead
    case hugetlbTail
}
