// EventRegistry.swift - this process's event descriptors, by the names that peers know them by.
//
// Owns: which names are valid. A peer that may not copy a descriptor leaves the name in our segment's mailbox, and our
// agent raises it here: never a descriptor that the program has opened meanwhile under the same number.
// Locking: `lock`; a descriptor is withdrawn before it is closed.

import Platform

/// The event descriptors that peers may raise.
public final class EventRegistry: @unchecked Sendable {
    private let lock = PrivateLock()
    private var descriptors: [UInt32: Int32] = [:]

    init() {}

    /// Gives a descriptor its name.
    public func register(_ descriptor: Int32) throws(SystemError) -> EventName {
        let name = try EventName.fresh(for: descriptor)
        lock.withLock { descriptors[name.rawValue] = descriptor }
        return name
    }

    public func withdraw(_ name: EventName) { lock.withLock { descriptors[name.rawValue] = nil } }

    /// Raises one unit; nothing when no descriptor has this name.
    func raise(_ name: EventName) {
        lock.withLock {
            guard let descriptor = descriptors[name.rawValue] else { return }
            _ = EventDescriptor.signal(descriptor)
        }
    }
}
