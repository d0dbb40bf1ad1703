// ForkFunctions.swift - what programs ask about fork.
//
// Owns: the answer "nothing to do": registered memory is found by address when it is used, so a copy-on-write after a
// fork cannot separate the device's view from the program's.
// C counterpart: ibv_fork_init(3), ibv_is_fork_initialized. ibv_dontfork_range and ibv_dofork_range stay the real ones.

import CVerbs

@c @implementation
public func ibv_fork_init() -> Int32 { 0 }

@c @implementation
public func ibv_is_fork_initialized() -> ibv_fork_status { IBV_FORK_UNNEEDED }
