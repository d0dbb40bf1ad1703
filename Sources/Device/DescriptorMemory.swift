// DescriptorMemory.swift - memory of somebody else that a descriptor stands for: a dma-buf, or any file that can be mapped.
//
// Owns: a mapping of our own, which the program does not know, and the word to the provider that it is used. Does not: lock
// or charge it. What the provider takes away (ftruncate) faults from then on, and requests get an access error; the pages are
// the kernel's to keep or to free, so nobody reaches what came after.
// Linux counterpart: struct ib_umem_dmabuf; ibv_reg_dmabuf_mr(3). There the descriptor must be a dma-buf's.
// Locking: none; made once, let go once.

import Platform
import Verbs

/// A part of what a descriptor stands for, until `release()`.
final class DescriptorMemory {
    let offset: UInt64
    let byteCount: UInt64
    /// The first byte, as this process's copies name it.
    let address: UInt64
    private var mapping: Mapping?
    private var lease: ProvidedMemoryLease?
    /// Peers map the same file; the program may close its own descriptor.
    private var file: OwnedDescriptor?

    /// - Throws: EBADF, EINVAL for a range outside and for what is no memory, ENODEV while its provider takes it back, EACCES
    ///   for a descriptor that allows less than the registration, and what else mmap throws.
    init(
        descriptor: Int32, offset: UInt64, byteCount: UInt64, deviceAddress: UInt64, access: AccessFlags,
        in process: DeviceProcess
    ) throws(VerbsErrno) {
        try MemoryRegistrationRules.checkDescriptorMemory(
            offset: offset, length: byteCount, deviceAddress: deviceAddress, access: access)
        do throws(SystemError) {
            // Leased first: what is there now stays until the lease ends.
            lease = try ProvidedMemoryLease.take(descriptor: descriptor, offset: offset, byteCount: byteCount)
            file = try OwnedDescriptor.duplicate(of: descriptor)
            let provided = ProvidedMemory(descriptor: descriptor)
            guard try MemoryRegistrationRules.isInside(offset: offset, length: byteCount, byteCount: provided.byteCount()) else {
                throw SystemError(number: ErrorNumber.invalidArgument, call: "lseek")
            }
            let pages = try provided.map(offset: offset, byteCount: byteCount, writable: access.needsWritableMemory)
            pages.keepFromChildren()
            address = unsafe UInt64(UInt(bitPattern: pages.base)) + provided.bytesBefore(offset)
            mapping = consume pages
        } catch {
            throw VerbsErrno(rawValue: error.number)
        }
        self.offset = offset
        self.byteCount = byteCount
        if let number = leaseNumber {
            process.leases.insert(number)
            process.keepFromChildren()
        }
    }

    /// Where a peer finds the same bytes.
    var sharedFile: (descriptor: Int32, offset: UInt64)? {
        switch file {
        case .some(let file): (file.number, offset)
        case nil: nil
        }
    }

    private var leaseNumber: Int32? {
        switch lease {
        case .some(let lease): lease.number
        case nil: nil
        }
    }

    /// Nobody acts on the memory any more.
    func release(in process: DeviceProcess) {
        mapping = nil
        file = nil
        if let number = leaseNumber {
            process.leases.remove(number)
            process.keepFromChildren()
        }
        lease = nil
    }
}
