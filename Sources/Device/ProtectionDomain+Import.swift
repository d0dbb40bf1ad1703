// ProtectionDomain+Import.swift - domains and regions of the opened device that a context was made from.
//
// Owns: what a handle must name to be imported, and with which errors it does not. A domain of another process is stood for by one of
// ours, the same for each import of it; regions imported into it are keys of ours, whose bytes its owner's agent moves.
// C: ibv_import_pd(3), ibv_import_mr(3).
// Locking: none of its own.

import Fabric
import Platform
import Verbs

extension DeviceContext {
    /// - Throws: ENOENT for a handle that names no protection domain of the opened device, ENODEV once its process has ended.
    public func importProtectionDomain(handle: UInt32) throws(VerbsErrno) -> ProtectionDomain {
        guard origin.peer.stillRuns() else { throw .noSuchDevice }
        guard let object = ImportableObject(handle: handle, in: origin.peer.view), object.isProtectionDomain,
            object.context == origin.context
        else { throw .noSuchEntry }
        let number = ProtectionDomainNumber(rawValue: handle)
        if origin.peer.isItself {
            guard let domain = process.domains.domain(number) else { throw .noSuchEntry }
            return ProtectionDomain(importing: domain, as: number, context: self)
        }
        let standIn = try process.domains.standIn(for: number, of: origin.peer.holder) { () throws(VerbsErrno) in
            try ProtectionDomain(context: self)
        }
        return ProtectionDomain(importing: standIn, as: number, context: self)
    }
}

extension ProtectionDomain {
    /// The other process's domain stays, and here what was made on it.
    public func endImport() {
        guard let importedNumber, !context.origin.peer.isItself else { return }
        process.domains.endUse(of: importedNumber, of: context.origin.peer.holder)
    }

    /// - Throws: ENOENT for a handle that names no region of this domain, ENODEV once its process has ended, EOPNOTSUPP for a
    ///   region of more than a tebibyte, ENOMEM.
    public func importRegion(handle: UInt32) throws(VerbsErrno) -> MemoryRegion {
        guard context.origin.peer.stillRuns() else { throw .noSuchDevice }
        let theirs = importedNumber ?? number
        guard let object = ImportableObject(handle: handle, in: context.origin.peer.view), object.isRegion,
            object.descriptor.protectionDomain == theirs
        else { throw .noSuchEntry }
        return try MemoryRegion(importing: object, of: context.origin, into: self)
    }
}
