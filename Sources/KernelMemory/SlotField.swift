// SlotField.swift - fields of one page of one holder: the device's translation table.

/// Fields of one page of one holder: the device's translation table.
public enum SlotField: Int, CaseIterable, Sendable {
    /// Frame plus 1.
    case frame
    /// `SlotFlags`.
    case flags
}
