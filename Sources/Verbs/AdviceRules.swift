// AdviceRules.swift - whether a program may ask for pages of a registration ahead of time.
//
// Owns: the checks and their order. Linux counterpart: the driver's side of ibv_advise_mr(3).

/// Whether a program may ask for pages ahead of time.
public enum AdviceRules {
    /// Checks one range against the region found at its key's index.
    /// - Throws: ENOENT for a key that is no on-demand region's; EPERM for another domain's, and for writing where the
    ///   region is for reading; EFAULT for what is outside.
    public static func check(
        _ region: RegionDescriptor, key: MemoryKey, address: UInt64, length: UInt64,
        protectionDomain: ProtectionDomainNumber, forWriting: Bool
    ) throws(VerbsErrno) {
        guard region.key == key, key.index != 0, region.access.contains(.onDemand) else { throw .noSuchEntry }
        guard region.protectionDomain == protectionDomain else { throw .notPermitted }
        guard !forWriting || region.access.needsWritableMemory else { throw .notPermitted }
        let verdict = AccessCheck.check(
            region, key: key, address: address, length: length, protectionDomain: protectionDomain, use: .localRead)
        guard verdict == .granted else { throw .badAddress }
    }
}
