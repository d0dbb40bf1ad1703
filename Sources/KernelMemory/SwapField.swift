// SwapField.swift - fields of one swap slot.

/// Fields of one swap slot.
public enum SwapField: Int, CaseIterable, Sendable {
    case content
    /// Frame in the swap cache plus 1; 0 when absent.
    case cache
    case used
}
