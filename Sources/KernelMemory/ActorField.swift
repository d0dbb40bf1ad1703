// ActorField.swift - fields of one actor: its place in its program and the registers of the operation that it is in.

/// Fields of one actor: its place in its program and the registers of the operation that it is in.
public enum ActorField: Int, CaseIterable, Sendable {
    case programCounter
    case phase
    case page
    /// Frame that the operation looks at, plus 1.
    case frame
    /// `Hold` on `frame`.
    case hold
    /// New frame, not yet mapped, plus 1; the actor owns its only reference.
    case newFrame
    /// Page-table entry that the operation read earlier.
    case entry
    case entryFlags
    /// `FaultWant`.
    case want
    /// `FaultState`.
    case fault
    /// `MapLock` held on the address space.
    case lock
    /// Errno or note to be recorded at the end.
    case outcome
}
