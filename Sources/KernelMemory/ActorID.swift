// ActorID.swift - one sequence of operations: a process, a thread, a device, a part of the kernel, an administrator, an attacker.

/// One sequence of operations: a process, a thread, a device, a part of the kernel, an administrator, an attacker.
public typealias ActorID = Identifier<IdentifierKind.Actor>
