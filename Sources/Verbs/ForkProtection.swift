// ForkProtection.swift - whether registered memory is kept from forked children, and what ibv_is_fork_initialized says.
//
// Linux counterpart: MADV_DONTFORK around registrations (libibverbs), and its end: since 5.9 a fork copies a pinned base page
// for the child at once (70e806e4e645), since 5.12 a pinned hugepage too (4eae4efa2c29).

/// What happens to registered memory when a program forks.
public enum ForkProtection: String, Sendable, CaseIterable {
    /// The child gets it as it gets all memory.
    case none
    /// The child does not get it.
    case dontfork

    /// - Parameters:
    ///   - isByFrame: whether registrations hold frames, so that a copy made for the parent is one that the device does not see.
    ///   - forkCopiesPinned: whether the kernel gives the child the copy of every page that is pinned (Linux 5.12).
    public static func isNeeded(isByFrame: Bool, forkCopiesPinned: Bool) -> Bool { isByFrame && !forkCopiesPinned }

    /// What programs are told of a fork.
    public enum Status: Sendable {
        case disabled
        case enabled
        case unneeded
    }

    public func status(isNeeded: Bool) -> Status {
        switch self {
        case .dontfork: .enabled
        case .none: isNeeded ? .disabled : .unneeded
        }
    }
}
