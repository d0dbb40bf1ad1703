// MemoryProvider.swift - memory that this process provides for others to register, and takes back.
//
// Owns: the file. Does not: know who uses it: each user holds a lease (ProvidedMemoryLease), a lock that the kernel ends with him.
// Counterpart: memfd_create(2), ftruncate(2); a device's controller memory buffer.
import CPlatform

/// A provider of memory.
public struct MemoryProvider: ~Copyable, Sendable {
    private let file: OwnedDescriptor

    /// Memory of zeroes. Other users cannot open it.
    /// - Throws: EINVAL or EFBIG for a size that no file has, EMFILE.
    public init(byteCount: UInt64) throws(SystemError) {
        file = OwnedDescriptor(adopting: try SystemError.check(verbena_provided_create(byteCount), "memfd_create"))
    }

    /// Where processes of this user open it, as long as this process lives.
    public var path: String { "/proc/\(Host.processNumber)/fd/\(file.number)" }

    /// From now on nobody can begin to use it.
    public func refuseNewUsers() throws(SystemError) {
        try SystemError.check(verbena_lease_refuse_new(file.number), "fcntl F_OFD_SETLKW")
    }

    /// Returns when nobody uses it any more.
    public func awaitLastUser() throws(SystemError) {
        try SystemError.check(verbena_lease_await_last(file.number), "fcntl F_OFD_SETLKW")
    }

    /// Takes it from everybody: from now on each access faults. The kernel keeps pages that somebody copies at the moment
    /// until that is done.
    public func revoke() throws(SystemError) {
        try SystemError.check(verbena_provided_revoke(file.number), "ftruncate")
    }
}
