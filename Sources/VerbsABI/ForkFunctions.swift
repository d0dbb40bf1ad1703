// ForkFunctions.swift - what programs ask about fork.
//
// Owns: the words of the answer. Whether registered memory has to be kept from children, and is, `ForkProtection` knows; it is
// the user's choice at start, so there is nothing left to begin for a program that asks.
// C counterpart: ibv_fork_init(3), ibv_is_fork_initialized. ibv_dontfork_range and ibv_dofork_range stay the real ones.

import CVerbs
import Device
import Verbs

@c @implementation
public func ibv_fork_init() -> Int32 { 0 }

@c @implementation
public func ibv_is_fork_initialized() -> ibv_fork_status {
    switch ForkProtection.status {
    case .disabled: IBV_FORK_DISABLED
    case .enabled: IBV_FORK_ENABLED
    case .unneeded: IBV_FORK_UNNEEDED
    }
}
