// ProvidedMemoryLease.swift - the word to a provider of memory that a range of it is used; and the provider's side of that.
//
// Owns: a descriptor that holds the lease; it ends with this value, or with the process.
// Counterpart: fcntl(2) F_OFD_SETLK.
import CPlatform

/// A range of a provider's memory, in use.
public struct ProvidedMemoryLease: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// A child that has a copy of it keeps the memory in use.
    public var number: Int32 { descriptor.number }

    private init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Nil where the kernel counts the users by itself: of a dma-buf or a device.
    /// - Throws: ENODEV while the provider takes it back; what opening the file again throws.
    public static func take(
        descriptor: Int32, offset: UInt64, byteCount: UInt64
    ) throws(SystemError) -> ProvidedMemoryLease? {
        let result = verbena_lease_take(descriptor, offset, byteCount)
        if result == -ErrorNumber.noSuchEntry { return nil }
        return ProvidedMemoryLease(OwnedDescriptor(adopting: try SystemError.check(result, "fcntl F_OFD_SETLK")))
    }

    deinit { verbena_lease_give_back(descriptor.number) }

    /// The provider's side: from now on nobody gets a lease.
    public static func refuseNew(of descriptor: Int32) throws(SystemError) {
        try SystemError.check(verbena_lease_refuse_new(descriptor), "fcntl F_OFD_SETLKW")
    }

    /// The provider's side: true when nobody has a lease any more. Waits for that if asked to.
    public static func haveEnded(of descriptor: Int32, wait: Bool) throws(SystemError) -> Bool {
        let result = verbena_lease_end(descriptor, wait)
        if result == -ErrorNumber.tryAgain || result == -ErrorNumber.accessDenied { return false }
        try SystemError.check(result, "fcntl F_OFD_SETLKW")
        return true
    }
}
