// ProvidedMemoryLease.swift - the word to a provider of memory that a range of it is used.
//
// Owns: a descriptor that holds the lease; it ends with this value, or with the process. The other side: MemoryProvider.
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
}
