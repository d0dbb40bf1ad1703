// EventName.swift - how peers name an event descriptor of a process.
//
// Owns: the packing of a descriptor's number with a generation. The number alone would not do: when the program closes a
// channel, the next one may get its number, and a peer that kept a copy would signal the old one for ever.
// Counterpart: eventfd(2), pidfd_getfd(2).

import Platform
import Synchronization

/// A descriptor number plus one (20 bits) and a generation (12 bits). 0 names none.
@frozen
public struct EventName: RawRepresentable, Equatable, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let none = EventName(rawValue: 0)

    private static let numberLimit: UInt32 = 1 << 20
    private static let generations = Atomic<UInt32>(0)

    /// A name for a descriptor that was just made, different from the names of those that had its number before.
    public static func fresh(for descriptor: Int32) throws(SystemError) -> EventName {
        let number = UInt32(bitPattern: descriptor) &+ 1
        guard number < numberLimit else { throw SystemError(number: ErrorNumber.tooManyDescriptors, call: "eventfd") }
        let generation = generations.wrappingAdd(1, ordering: .relaxed).newValue
        return EventName(rawValue: generation &* numberLimit | number)
    }

    /// The descriptor's number in its process; nil when there is none.
    var number: Int32? {
        let plusOne = rawValue % Self.numberLimit
        return plusOne == 0 ? nil : Int32(plusOne) - 1
    }
}
