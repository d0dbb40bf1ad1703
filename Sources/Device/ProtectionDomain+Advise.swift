// ProtectionDomain+Advise.swift - pages of on-demand registrations, asked for ahead of time.
//
// Owns: bringing them. C: ibv_advise_mr(3).

import Fabric
import Platform
import Verbs

extension ProtectionDomain {
    /// Brings the pages of each range; when this returns they are there.
    /// - Throws: what `AdviceRules` says; EFAULT for a range that is not mapped so.
    public func advise(_ advice: MemoryAdvice, _ elements: [ScatterGatherElement]) throws(VerbsErrno) {
        guard !elements.isEmpty else { throw .invalidArgument }
        for element in elements {
            guard let entry = process.view.key(element.localKey) else { throw .noSuchEntry }
            try AdviceRules.check(
                entry.descriptor, key: element.localKey, address: element.address, length: UInt64(element.length),
                protectionDomain: number, forWriting: advice == .prefetchForWriting)
            guard advice != .prefetchWithoutFault, element.length > 0 else { continue }
            let isThere = MappedPages.bring(
                address: entry.translate(element.address), byteCount: UInt64(element.length),
                forWriting: advice == .prefetchForWriting)
            guard isThere else { throw .badAddress }
        }
    }
}
