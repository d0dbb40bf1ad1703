// ForkProtection+Setting.swift - which fork protection this process has.
//
// Owns: VERBENA_FORK_PROTECTION (none, dontfork; by default what is needed), and what is known of the kernel.
// Does not: know the rule (Verbs).

import Platform
import Verbs

extension ForkProtection {
    /// Whether a fork separates the device from what this process registers, unless it is kept from children.
    public static var isNeededHere: Bool {
        isNeeded(
            isByFrame: Host.environment("VERBENA_DMA") == "frame", forkCopiesPinned: KernelVersion.running >= KernelVersion(5, 12))
    }

    /// What the user asked for, or else what is needed.
    public static var chosen: ForkProtection {
        Host.environment("VERBENA_FORK_PROTECTION").flatMap(ForkProtection.init) ?? (isNeededHere ? .dontfork : .none)
    }

    /// What a program is told.
    public static var status: Status { chosen.status(isNeeded: isNeededHere) }
}
