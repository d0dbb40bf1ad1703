// ProvidedMemory.swift - a file of memory that somebody else provides: what there is of it, and pages of it.
//
// Owns: nothing; the descriptor is the caller's. Does not: lease it (ProvidedMemoryLease).
// Counterpart: dma_buf_get of the kernel, mmap(2).
import CPlatform

/// What a descriptor of memory stands for.
public struct ProvidedMemory: Sendable {
    private let descriptor: Int32

    public init(descriptor: Int32) { self.descriptor = descriptor }

    /// Bytes that there are now.
    /// - Throws: EBADF for a number that is no descriptor, EINVAL for one that stands for no memory.
    public func byteCount() throws(SystemError) -> UInt64 {
        UInt64(try SystemError.check(verbena_provided_size(descriptor), "lseek"))
    }

    /// Bytes between the start of a mapping that `map` makes and the byte at `offset`.
    public func bytesBefore(_ offset: UInt64) -> UInt64 { offset % verbena_provided_page_bytes(descriptor) }

    /// Maps the pages that hold a range, shared. mmap and munmap take whole pages only of huge ones.
    /// - Throws: EACCES for a descriptor that does not allow it, ENODEV for one that cannot be mapped, ENOMEM.
    public func map(offset: UInt64, byteCount: UInt64, writable: Bool) throws(SystemError) -> Mapping {
        let page = verbena_provided_page_bytes(descriptor)
        let start = offset - bytesBefore(offset)
        let pages = (offset - start + byteCount).dividedRoundingUp(by: page)
        return try Mapping.shared(descriptor: descriptor, offset: start, byteCount: Int(pages * page), writable: writable)
    }
}

extension UInt64 {
    fileprivate func dividedRoundingUp(by other: UInt64) -> UInt64 { self / other + (self % other == 0 ? 0 : 1) }
}
