// AccessCheck.swift - whether an access may touch the bytes it names.
//
// Owns: the decision, for local and remote keys alike. Does not: find the region, or touch memory.
// Spec: IBA vol 1, 9.7.4.1.5 (remote key validation), 10.6.3 (protection).
// HOT: run for each element and each one-sided request.

/// Whether an access may touch the bytes it names.
public enum AccessCheck {
    /// Judges one access against the region found at its key's index (`RegionDescriptor.absent` if none is there).
    ///
    /// - Parameter key: the whole key that the request carries; its generation tells a stale key from a live one.
    /// - Parameter protectionDomain: of the queue pair that uses the region.
    @inlinable
    public static func check(
        _ region: RegionDescriptor, key: MemoryKey, address: UInt64, length: UInt64,
        protectionDomain: ProtectionDomainNumber, use: RegionUse
    ) -> AccessVerdict {
        // IBA 9.7.4.1.5: an access to no bytes is granted whatever key and address it carries.
        if length == 0 { return .granted }
        guard region.key == key, key.index != 0 else { return .noSuchKey }
        guard region.protectionDomain == protectionDomain else { return .wrongProtectionDomain }
        guard region.access.isSuperset(of: use.requiredAccess) else { return .accessDenied }
        // IBA 10.6.7.2: a window has a remote key only.
        if use.isLocal, region.access.contains(.window) { return .accessDenied }
        // Nothing here can wrap: each difference is taken after it is known not to be negative. The last check is for a
        // descriptor read from a peer that reaches beyond the address space, which no honest one does.
        guard address >= region.start, length <= region.length, address &- region.start <= region.length &- length,
            length &- 1 <= UInt64.max &- address
        else { return .outOfBounds }
        return .granted
    }

    /// Whether a queue pair lets its peer do this at all. A refusal is `ResponderFault.operationNotEnabled`.
    @inlinable
    public static func isEnabled(_ use: RegionUse, by queuePairAccess: AccessFlags) -> Bool {
        switch use {
        case .localRead, .localWrite: true
        case .remoteRead, .remoteWrite, .remoteAtomic: queuePairAccess.isSuperset(of: use.requiredAccess)
        }
    }
}
