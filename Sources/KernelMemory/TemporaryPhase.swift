// TemporaryPhase.swift - steps of the kernel's use of a page that may or may not be in the direct map.

/// Steps of a temporary use.
enum TemporaryPhase: Int {
    /// Is the page in the direct map?
    case look = 0
    case map
    /// The ninth version's count is up, the alias not yet back.
    case bringBack
    case use
    case unmap
    /// The ninth version's count is down, the alias not yet gone.
    case takeAway
}
