// MemoryReregistrationRules.swift - whether a live registration may be changed.
//
// Owns: the checks, their order and their error numbers, up to the charge of new pages. Does not: release the old ones:
// both are charged until the caller has let go of the old pages and uncharged them.
// Linux counterpart: rereg_mr of uverbs, then ib_umem_check_rereg, in the order of 6.12.

/// Whether a live registration may be changed.
public enum MemoryReregistrationRules {
    /// What is already there.
    public struct Existing: Equatable, Sendable {
        public var access: AccessFlags
        /// The memory is held in a way that lets the device write it.
        public var isHeldWritable: Bool
        /// Memory of the device itself: it cannot be reregistered.
        public var isDeviceMemory: Bool

        public init(access: AccessFlags, isHeldWritable: Bool, isDeviceMemory: Bool = false) {
            self.access = access
            self.isHeldWritable = isHeldWritable
            self.isDeviceMemory = isDeviceMemory
        }
    }

    /// Judges a change and charges its new pages.
    ///
    /// - Parameter request: what `flags` names is looked at; the rest is not.
    /// - Parameter isProtectionDomainValid: what looking up the new protection domain gave, if one was named.
    /// - Returns: the new pages to hold, charged; nil when the old ones stay.
    /// - Throws: EINVAL, EOPNOTSUPP, EACCES, EPERM or ENOMEM, and then nothing is charged.
    public static func admit(
        _ flags: MemoryReregistrationFlags, _ request: MemoryRegistrationRequest, of existing: Existing,
        isProtectionDomainValid: Bool = true, supportsOnDemand: Bool, account: inout MemlockAccount,
        limit: MemlockLimit
    ) throws(VerbsErrno) -> PageRange? {
        guard !flags.isEmpty else { throw .invalidArgument }
        guard flags.isSubset(of: .known) else { throw .notSupported }
        if flags.contains(.translation) {
            try MemoryRegistrationRules.checkPlacement(request, pageSize: account.pageSize)
        }
        guard !existing.isDeviceMemory else { throw .invalidArgument }
        let access = flags.contains(.access) ? request.access : existing.access
        if flags.contains(.access) {
            try MemoryRegistrationRules.checkAccess(access, supportsOnDemand: supportsOnDemand)
        }
        if flags.contains(.protectionDomain), !isProtectionDomainValid { throw .invalidArgument }
        guard flags.contains(.translation) else {
            // Memory held for reading may be read-only for the process: new rights must not make it writable.
            if access.needsWritableMemory && !existing.isHeldWritable { throw .accessDenied }
            return nil
        }
        if access.contains(.onDemand) {
            try MemoryRegistrationRules.checkOnDemandRange(request, pageSize: account.pageSize)
            return nil
        }
        return try MemoryRegistrationRules.charge(request, account: &account, limit: limit)
    }
}
