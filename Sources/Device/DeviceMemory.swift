// DeviceMemory.swift - memory of the device itself, which programs reach by copies and by registering parts of it.
//
// Owns: the pages, which are this process's like any others but known to nobody by address; or the address of another process's,
// imported. Does not: lock or charge them.
// C: struct ibv_dm; ibv_alloc_dm(3), ibv_import_dm(3).
// Locking: the count of registrations is atomic.

import Platform
import Synchronization
import Verbs

/// A piece of device memory.
@safe
public final class DeviceMemory: @unchecked Sendable {
    public let context: DeviceContext
    public let byteCount: UInt64
    /// The first byte, as this process's copies name it.
    let address: UInt64
    /// What other processes import it by; imported, the owner's.
    public let handle: UInt32
    private let key: MemoryKey
    let dependents = Atomic<Int>(0)
    private let pages: Mapping?
    /// Nil where the memory is this process's.
    private let imported: FrameAddress?

    init(context: DeviceContext, byteCount: UInt64, alignmentShift: UInt32) throws(VerbsErrno) {
        let process = context.process
        try process.deviceMemory.take(byteCount, alignmentShift: alignmentShift, limits: context.limits)
        guard let pages = try? Mapping.privatePages(byteCount: Int(byteCount)) else {
            process.deviceMemory.giveBack(byteCount)
            throw .noMemory
        }
        let address = unsafe UInt64(UInt(bitPattern: pages.base))
        guard
            let key = process.keys.publish(
                objectAt: address, byteCount: byteCount, access: [.deviceMemory, .localWrite], context: context.number)
        else {
            process.deviceMemory.giveBack(byteCount)
            throw .noMemory
        }
        self.context = context
        self.byteCount = byteCount
        self.address = address
        self.key = key
        handle = key.index
        self.pages = consume pages
        imported = nil
    }

    /// - Throws: ENOENT for a handle that names no device memory of the opened device, ENODEV once its process has ended.
    init(importing handle: UInt32, in context: DeviceContext) throws(VerbsErrno) {
        let origin = context.origin
        guard origin.peer.stillRuns() else { throw .noSuchDevice }
        guard let object = ImportableObject(handle: handle, in: origin.peer.view), object.isDeviceMemory,
            object.context == origin.context
        else { throw .noSuchEntry }
        guard let far = context.process.far.enter(ImportedMemory(object, of: origin, in: context.process)) else { throw .noMemory }
        self.context = context
        self.handle = handle
        byteCount = object.descriptor.length
        address = far.rawValue
        key = object.key
        pages = nil
        imported = far
    }

    /// EBUSY while parts of it are registered. What was imported stays with its owner.
    public func free() throws(VerbsErrno) {
        guard dependents.load(ordering: .acquiring) == 0 else { throw .busy }
        guard imported == nil else { return endImport() }
        context.process.endObject(key)
        context.process.deviceMemory.giveBack(byteCount)
    }

    /// What was registered of it reaches nothing from now on.
    public func endImport() {
        if let imported { context.process.far.leave(imported) }
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
        guard byteCount > 0 else { return }
        let isDone = imported == nil
            ? GuardedCopy.copyBySystemCall(to: to, from: from, byteCount: Int(byteCount))
            : GuardedCopy.copyAnywhere(to: to, from: from, byteCount: Int(byteCount))
        guard isDone else { throw .badAddress }
    }

    private func place(_ offset: UInt64, _ byteCount: UInt64) throws(VerbsErrno) -> UInt64 {
        guard offset <= self.byteCount, byteCount <= self.byteCount - offset else { throw .badAddress }
        return address + offset
    }
}
