// MemoryRegistrationRules.swift - whether memory may be registered, and what it costs.
//
// Owns: the checks, their order and their error numbers, up to the charge. Does not: look at mappings or pin pages; a
// caller that fails at that must uncharge.
// Linux counterpart: ib_check_mr_access and ib_umem_get, in the order of 6.12.
//
//   placement EINVAL → rights EINVAL, EOPNOTSUPP → protection domain EINVAL → range EINVAL → allowed at all EPERM
//   → number of pages EINVAL → charge ENOMEM → (mapped with these rights: the caller's EFAULT)

/// Whether memory may be registered, and what it costs.
public enum MemoryRegistrationRules {
    /// Every right that a registration may ask for, apart from the optional hints.
    public static let knownAccessFlags: AccessFlags = [
        .localWrite, .remoteWrite, .remoteRead, .remoteAtomic, .memoryWindowBind, .zeroBased, .onDemand, .hugePages, .gift,
    ]

    /// Bits 8 and 9: flushing to persistent memory. Known to the kernel, and not supported by this device.
    static let flushFlags = AccessFlags(rawValue: 0b11 << 8)

    /// Judges a request and charges it.
    ///
    /// On-demand registrations hold no page: they are not charged, and need no permission to lock.
    /// - Parameter isProtectionDomainValid: what looking up the protection domain gave.
    /// - Returns: the pages to hold, charged; nil when nothing is to be held.
    /// - Throws: EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM or ENOMEM, and then nothing is charged.
    public static func admit(
        _ request: MemoryRegistrationRequest, isProtectionDomainValid: Bool = true, supportsOnDemand: Bool,
        account: inout MemlockAccount, limit: MemlockLimit
    ) throws(VerbsErrno) -> PageRange? {
        try checkPlacement(request, pageSize: account.pageSize)
        try checkAccess(request.access, supportsOnDemand: supportsOnDemand)
        guard isProtectionDomainValid else { throw .invalidArgument }
        if request.access.contains(.onDemand) {
            try checkOnDemandRange(request, pageSize: account.pageSize)
            return nil
        }
        return try charge(request, account: &account, limit: limit)
    }

    /// Checks the rights by themselves.
    /// - Throws: EINVAL for a remote right to change memory without the local one, and for unknown bits; EOPNOTSUPP for
    ///   what this device does not do.
    public static func checkAccess(_ access: AccessFlags, supportsOnDemand: Bool) throws(VerbsErrno) {
        let changesRemotely = !access.isDisjoint(with: [.remoteWrite, .remoteAtomic])
        if changesRemotely && !access.contains(.localWrite) { throw .invalidArgument }
        guard access.isSubset(of: knownAccessFlags.union(flushFlags).union(.optionalRange)) else {
            throw .invalidArgument
        }
        if access.contains(.gift) && access.needsWritableMemory { throw .invalidArgument }
        if access.contains(.onDemand) && !supportsOnDemand { throw .notSupported }
        if !access.isDisjoint(with: flushFlags) { throw .notSupported }
    }

    /// Both addresses must lie at the same place within their pages: translation is by whole pages.
    /// - Throws: EINVAL.
    static func checkPlacement(_ request: MemoryRegistrationRequest, pageSize: PageSize) throws(VerbsErrno) {
        guard pageSize.offset(of: request.address) == pageSize.offset(of: request.deviceAddress) else {
            throw .invalidArgument
        }
    }

    /// Checks the range of an on-demand registration. Whether it is mapped shows when it is accessed.
    /// - Throws: EOVERFLOW, EINVAL.
    static func checkOnDemandRange(_ request: MemoryRegistrationRequest, pageSize: PageSize) throws(VerbsErrno) {
        if request.isImplicit {
            guard request.deviceAddress == 0 else { throw .invalidArgument }
            return
        }
        guard let pages = pageSize.pages(address: request.address, length: request.length) else { throw .overflow }
        guard pages.count > 0 else { throw .invalidArgument }
    }

    /// Checks the registration of a part of memory that a descriptor stands for. It is its provider's, and not charged.
    /// - Throws: EINVAL for another place within the page, for rights that such memory cannot have, for a range without an end.
    public static func checkDescriptorMemory(
        offset: UInt64, length: UInt64, deviceAddress: UInt64, access: AccessFlags
    ) throws(VerbsErrno) {
        let request = MemoryRegistrationRequest(address: offset, length: length, deviceAddress: deviceAddress, access: access)
        try checkPlacement(request, pageSize: .base4K)
        let allowed: AccessFlags = [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic, .optionalRange]
        guard access.isSubset(of: allowed) else { throw .invalidArgument }
        try checkAccess(access, supportsOnDemand: true)
        guard isInside(offset: offset, length: length, byteCount: UInt64(Int64.max)) else { throw .invalidArgument }
    }

    /// Whether a range that is not empty lies in what has so many bytes.
    public static func isInside(offset: UInt64, length: UInt64, byteCount: UInt64) -> Bool {
        length > 0 && offset <= byteCount && length <= byteCount - offset
    }

    /// Checks the registration of a part of device memory, which locks nothing and is not charged.
    /// Its first byte is address 0, and the request has to say so.
    /// - Throws: EINVAL for a range outside, and for rights that such memory cannot have.
    public static func checkDeviceMemory(
        offset: UInt64, length: UInt64, access: AccessFlags, byteCount: UInt64
    ) throws(VerbsErrno) {
        try checkAccess(access, supportsOnDemand: true)
        let allowed: AccessFlags = [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic, .zeroBased]
        guard access.contains(.zeroBased), access.isSubset(of: allowed.union(.optionalRange)) else {
            throw .invalidArgument
        }
        guard isInside(offset: offset, length: length, byteCount: byteCount) else { throw .invalidArgument }
    }

    /// The second half of a registration: the range, the permission, the charge.
    static func charge(
        _ request: MemoryRegistrationRequest, account: inout MemlockAccount, limit: MemlockLimit
    ) throws(VerbsErrno) -> PageRange {
        guard let pages = account.pageSize.pages(address: request.address, length: request.length) else {
            throw .invalidArgument
        }
        try limit.checkAllowed()
        guard pages.count > 0, pages.count <= UInt64(UInt32.max) else { throw .invalidArgument }
        try account.charge(pages: pages.count, limit: limit)
        return pages
    }
}
