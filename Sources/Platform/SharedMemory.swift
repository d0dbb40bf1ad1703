// SharedMemory.swift - sealed memory files that processes map together.
//
// Owns: creation and the check of a file that a peer sent. Does not: map (Mapping). Counterpart: memfd_create(2).
import CPlatform

/// Memory files whose size nobody can change: a peer cannot truncate one under a reader and so kill it by SIGBUS.
public enum SharedMemory {
    /// A new file of zero bytes, sealed against every change of size, closed on exec.
    public static func create(byteCount: Int) throws(SystemError) -> OwnedDescriptor {
        guard byteCount >= 0 else { throw SystemError(number: ErrorNumber.invalidArgument, call: "memfd_create") }
        let result = unsafe verbena_memory_file_create("verbena", byteCount)
        return OwnedDescriptor(adopting: try SystemError.check(result, "memfd_create"))
    }

    /// Whether `descriptor` is a file of exactly `byteCount` bytes that can neither grow nor shrink.
    public static func isSealed(_ descriptor: Int32, byteCount: Int) -> Bool {
        byteCount >= 0 && verbena_memory_file_is_sealed(descriptor, byteCount)
    }
}
