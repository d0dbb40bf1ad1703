// EventDescriptor.swift - counters that programs poll on.
//
// Owns: nothing beyond the call; descriptors of completion channels belong to their channel. Counterpart: eventfd(2).
import CPlatform

/// Event counters.
public enum EventDescriptor {
    /// A counter at 0. As a semaphore, each `consume` takes one; otherwise it takes all.
    public static func create(semaphore: Bool, blocking: Bool = true) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemError.check(verbena_event_create(semaphore, blocking), "eventfd"))
    }

    /// Adds one. False if the descriptor is not a counter. Never changes errno.
    public static func signal(_ descriptor: Int32) -> Bool { verbena_event_signal(descriptor) >= 0 }

    /// Whether adding one would not have to wait, because the counter is as high as it can be.
    public static func canSignal(_ descriptor: Int32) -> Bool { verbena_event_can_signal(descriptor) }

    /// Takes the count, or one of a semaphore; waits for it, or EAGAIN, as the descriptor's own flags say.
    ///
    /// EINTR is reported.
    @discardableResult
    public static func consume(_ descriptor: Int32) throws(SystemError) -> UInt64 {
        var value: UInt64 = 0
        try SystemError.check(unsafe verbena_event_consume(descriptor, &value), "read")
        return value
    }
}
