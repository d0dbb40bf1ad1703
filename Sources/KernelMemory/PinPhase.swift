// PinPhase.swift - phases of an operation that holds pages.

/// Phases of an operation that holds pages.
enum PinPhase: Int {
    case begin = 0
    case charge
    case checkLimit
    case lookup
    case takeReference
    case readAgain
    case slow
    /// As `slow`, after a fault of this lookup broke sharing (FOLL_COW).
    case slowBroken
    case evict
    case chargeUser
    case publish
    case undoPins
    case undoCharge
    /// Re-registration: the former memory is let go of.
    case releaseReplaced
    /// A page moves away from where a longterm pin must not hold it: its entries go, then come back.
    case evictUnmap
    case evictRestore
}
