// MemoryRegion+Reregister.swift - changing a registration: its memory, its protection domain, its rights.
//
// Owns: the order in which the change becomes visible. Does not: judge it (MemoryReregistrationRules).
// Keys: rights and protection domain change in place, and the keys stay, as with every adapter of today. New memory gets new
// keys: whoever still uses the old ones is refused, as after a deregistration (IBA vol 1, 11.2.8.4 allows both).
// C: ibv_rereg_mr(3). Linux counterpart: ib_uverbs_rereg_mr.
// Locking: `lock`; a program does not use a region while it changes it, except from other threads that post.

import Fabric
import Verbs

extension MemoryRegion {
    /// Changes what `flags` name; on any error the region is as it was.
    ///
    /// Both the old and the new memory are charged for a moment.
    /// - Throws: EINVAL, EOPNOTSUPP, EACCES, EPERM, ENOMEM, EFAULT; EBUSY while a memory window is bound to it.
    public func reregister(
        _ flags: MemoryReregistrationFlags, domain newDomain: ProtectionDomain?, address: UInt64, byteCount: UInt64,
        access newAccess: AccessFlags
    ) throws(VerbsErrno) {
        lock.acquire()
        defer { lock.release() }
        let rights = flags.contains(.access) ? newAccess : access
        let target = flags.contains(.protectionDomain) ? newDomain : domain
        let request = MemoryRegistrationRequest(
            address: address, length: byteCount, deviceAddress: rights.contains(.zeroBased) ? 0 : address, access: rights)
        let pages = try process.memlock.admit(
            flags, request, of: existing, isProtectionDomainValid: target?.context === domain.context)
        guard let target, !process.windows.hasWindow(boundTo: key, process) else {
            process.memlock.uncharge(pages: pages)
            throw .busy
        }
        if flags.contains(.translation) {
            try replaceMemory(request, pages: pages, in: target)
        } else {
            changeRights(rights, in: target)
        }
    }

    private var existing: MemoryReregistrationRules.Existing {
        // Memory of the device, memory that is another's, and memory that is none, cannot become other memory.
        var isOwn = false
        if case .memory = facts.backing { isOwn = true }
        return MemoryReregistrationRules.Existing(
            access: access, isHeldWritable: access.needsWritableMemory, isDeviceMemory: !isOwn)
    }

    private func replaceMemory(
        _ request: MemoryRegistrationRequest, pages: UInt64, in target: ProtectionDomain
    ) throws(VerbsErrno) {
        let fresh = try RegisteredMemory(request, pages: pages, in: process)
        guard let freshKey = Self.publish(fresh, in: target, access: request.access) else {
            fresh.release(in: process)
            throw .noMemory
        }
        Self.withdraw(facts, in: process)
        if case .memory(let old) = facts.backing { old.release(in: process) }
        facts.backing = .memory(fresh)
        facts.key = freshKey
        move(to: target, request.access)
    }

    private func changeRights(_ rights: AccessFlags, in target: ProtectionDomain) {
        // What was sent under the old rights is in place before they end.
        if access.contains(.localWrite) { process.settleReceives() }
        if process.keys.change(key, from: access, to: rights, protectionDomain: target.number) { process.waitForPosters() }
        move(to: target, rights)
    }

    private func move(to target: ProtectionDomain, _ rights: AccessFlags) {
        facts.access = rights
        guard target !== domain else { return }
        target.addDependent()
        domain.removeDependent()
        facts.domain = target
    }
}
