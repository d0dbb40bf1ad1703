// PollEvents.swift - what one can wait for on a descriptor.
//
// Owns: the bits of struct pollfd. Counterpart: poll(2).

/// Events of a descriptor. The last three come unasked.
@frozen
public struct PollEvents: OptionSet, Sendable {
    public let rawValue: Int16

    @inlinable
    public init(rawValue: Int16) { self.rawValue = rawValue }

    @inlinable public static var readable: PollEvents { PollEvents(rawValue: 0x1) }
    @inlinable public static var writable: PollEvents { PollEvents(rawValue: 0x4) }
    @inlinable public static var failed: PollEvents { PollEvents(rawValue: 0x8) }
    @inlinable public static var hungUp: PollEvents { PollEvents(rawValue: 0x10) }
    @inlinable public static var notOpen: PollEvents { PollEvents(rawValue: 0x20) }
}
