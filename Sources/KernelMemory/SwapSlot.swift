// SwapSlot.swift - one slot of the swap device.

/// One slot of the swap device.
public typealias SwapSlot = Identifier<IdentifierKind.SwapSlot>
