// RegisteredMemory.swift - what is held of a process's memory for one registration, and what is charged for it.
//
// Owns: the charge, the file behind shared memory, the held frames, the locked pages. Does not: stand under a key (MemoryRegion).
// Linux counterpart: struct ib_umem.
// Locking: none; made once, let go once.

import Platform
import Verbs

/// A range of the program's memory, held until `release()`.
final class RegisteredMemory {
    let request: MemoryRegistrationRequest
    /// What holds the memory's frames; nil where the device follows the process's mappings.
    private let frames: FrameAddress?
    /// Peers map the file of shared memory too, and need no system call to reach it.
    private let file: OwnedDescriptor?
    /// The file behind shared memory, and where the range begins in it.
    let sharedFile: (descriptor: Int32, offset: UInt64)?
    private let pages: UInt64
    /// The pages that are locked in memory for this registration.
    private let locked: PageRange?
    /// What is kept from forked children meanwhile.
    private let protected: [PageRange]

    /// - Parameter pages: charged already; uncharged again if this fails.
    /// - Throws: EFAULT unless the whole range is mapped with the rights that the registration would give away; by frame
    ///   also what `hold` throws, where pages are locked what `MemoryLocks` throws, and with fork protection ENOMEM where the
    ///   process has no memory areas left.
    init(_ request: MemoryRegistrationRequest, pages: UInt64, in process: DeviceProcess) throws(VerbsErrno) {
        do throws(VerbsErrno) {
            // What is mapped when an on-demand region is accessed counts, and it may be another mapping then.
            let rights = request.access.contains(.onDemand) ? [] : try Self.checkMapped(request)
            // First: a fork in between would share the frames that are held next.
            protected = try process.forkProtector?.protect(request) ?? []
            do throws(VerbsErrno) {
                frames = try Self.hold(request, mapped: rights, in: process)
                // Never both: what is held by frame is not locked.
                locked = try Self.lock(request, in: process)
            } catch {
                process.forkProtector?.release(protected)
                throw error
            }
            let shared = frames == nil && rights.isSuperset(of: [.shared, .writable])
                ? SharedFile.behind(start: request.address, byteCount: request.length) : nil
            file = shared.map { OwnedDescriptor(adopting: $0.descriptor) }
            sharedFile = shared
        } catch {
            process.memlock.uncharge(pages: pages)
            throw error
        }
        self.request = request
        self.pages = pages
    }

    private static func lock(_ request: MemoryRegistrationRequest, in process: DeviceProcess) throws(VerbsErrno) -> PageRange? {
        guard let locks = process.locks, request.access.isDisjoint(with: [.onDemand, .gift]) else { return nil }
        guard let range = PageSize.base4K.pages(address: request.address, length: request.length) else { throw .invalidArgument }
        try locks.hold(range)
        return range
    }

    private static func checkMapped(_ request: MemoryRegistrationRequest) throws(VerbsErrno) -> MappedRights {
        var needed: MappedRights = .readable
        if request.access.needsWritableMemory { needed.insert(.writable) }
        guard let rights = MappingQuery.rights(start: request.address, byteCount: request.length),
            rights.isSuperset(of: needed)
        else { throw .badAddress }
        return rights
    }

    /// The first byte, as the copies of this process name it.
    var start: UInt64 { frames?.rawValue ?? request.address }

    /// Bytes that the key covers. On demand nothing is looked at before: what no program can map is left out, because
    /// addresses of held frames look like that.
    var byteCount: UInt64 {
        let end: UInt64 = 1 << 63
        guard request.access.contains(.onDemand) else { return request.length }
        return request.address < end ? min(request.length, end - request.address) : 0
    }

    /// Nobody acts on the memory any more.
    func release(in process: DeviceProcess) {
        if let frames { process.frames?.release(frames) }
        if let locked { process.locks?.release(locked) }
        process.forkProtector?.release(protected)
        process.memlock.uncharge(pages: pages)
    }
}
