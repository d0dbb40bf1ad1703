// Mapping+Offset.swift - maps a part of a shared file.
//
// Counterpart: mmap(2).
import CPlatform

extension Mapping {
    /// Maps part of a file, shared. The offset is a multiple of the page size.
    public static func shared(
        descriptor: Int32, offset: UInt64, byteCount: Int, writable: Bool = true
    ) throws(SystemError) -> Mapping {
        var base: UnsafeMutableRawPointer?
        let result = unsafe verbena_map_shared_at(descriptor, offset, size(byteCount), writable, &base)
        return try unsafe adopt(base, byteCount, result)
    }
}
