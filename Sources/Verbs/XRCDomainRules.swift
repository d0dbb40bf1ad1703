// XRCDomainRules.swift - when an XRC domain may be opened.
//
// Owns: the meaning of the two flags of open(2) that opening a domain takes. Does not: find out whether it exists.
// C: ibv_open_xrcd(3), where the error numbers are left open; these are the kernel's.

/// When an XRC domain may be opened.
public enum XRCDomainRules {
    /// Checks the opening of a shared domain, which exists while some process has it open.
    /// - Throws: EAGAIN where it does not exist and may not be created, EINVAL where it exists and must not.
    public static func checkShared(exists: Bool, mayCreate: Bool, mustCreate: Bool) throws(VerbsErrno) {
        if !exists, !mayCreate { throw .tryAgain }
        if exists, mustCreate { throw .invalidArgument }
    }
}
