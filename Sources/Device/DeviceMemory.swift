// DeviceMemory.swift - memory of the device itself, which programs reach by copies and by registering parts of it.
//
// Owns: the pages, which are this process's like any others but known to nobody by address. Does not: lock or charge them.
// C: struct ibv_dm; ibv_alloc_dm(3).
// Locking: the count of registrations is atomic.

import Platform
import Synchronization
import Verbs

/// A piece of device memory.
@safe
public final class DeviceMemory: @unchecked Sendable {
    public let context: DeviceContext
    public let byteCount: UInt64
    let address: UInt64
    let dependents = Atomic<Int>(0)
    private let pages: Mapping

    init(context: DeviceContext, byteCount: UInt64, alignmentShift: UInt32) throws(VerbsErrno) {
        try context.process.deviceMemory.take(byteCount, alignmentShift: alignmentShift, limits: context.limits)
        do {
            pages = try Mapping.privatePages(byteCount: Int(byteCount))
        } catch {
            context.process.deviceMemory.giveBack(byteCount)
            throw VerbsErrno(rawValue: error.number)
        }
        self.context = context
        self.byteCount = byteCount
        address = unsafe UInt64(UInt(bitPattern: pages.base))
    }

    /// EBUSY while parts of it are registered.
    public func free() throws(VerbsErrno) {
        guard dependents.load(ordering: .acquiring) == 0 else { throw .busy }
        context.process.deviceMemory.giveBack(byteCount)
    }

    /// Copies from the program's memory. EFAULT when either range is not there, and then part may have been copied.
    public func copy(from source: UInt64, toOffset offset: UInt64, byteCount: UInt64) throws(VerbsErrno) {
        try copy(to: place(offset, byteCount), from: source, byteCount)
    }

    /// Copies to the program's memory.
    public func copy(fromOffset offset: UInt64, to destination: UInt64, byteCount: UInt64) throws(VerbsErrno) {
        try copy(to: destination, from: place(offset, byteCount), byteCount)
    }

    private func copy(to: UInt64, from: UInt64, _ byteCount: UInt64) throws(VerbsErrno) {
        guard byteCount == 0 || GuardedCopy.copyBySystemCall(to: to, from: from, byteCount: Int(byteCount)) else {
            throw .badAddress
        }
    }

    private func place(_ offset: UInt64, _ byteCount: UInt64) throws(VerbsErrno) -> UInt64 {
        guard offset <= self.byteCount, byteCount <= self.byteCount - offset else { throw .badAddress }
        return address + offset
    }
}
