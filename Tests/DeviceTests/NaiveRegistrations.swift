// NaiveRegistrations.swift - registrations as sets of pages: no rule of the library is used.
//
// Counterpart in Linux: ib_check_mr_access, ib_umem_get, by their text.

import Glibc
import Verbs

/// Registrations as sets of pages.
struct NaiveRegistrations: RegistrationSubject {
    private var live: [Set<UInt64>] = []

    mutating func register(offset: UInt64, length: UInt64, skew: UInt64, access: AccessFlags) -> VerbsErrno? {
        let bits = access.rawValue
        let (localWrite, remoteWrite, remoteAtomic, bind) = (bits & 1 != 0, bits & 2 != 0, bits & 8 != 0, bits & 16 != 0)
        if skew % RegistrationArena.pageBytes != 0 { return VerbsErrno(rawValue: EINVAL) }
        if (remoteWrite || remoteAtomic) && !localWrite { return VerbsErrno(rawValue: EINVAL) }
        if bits & (1 << 19) != 0 { return VerbsErrno(rawValue: EINVAL) }
        if bits & (1 << 8) != 0 { return VerbsErrno(rawValue: EOPNOTSUPP) }
        // Of no bytes, but within a page, the kernel holds that page; at its beginning, none.
        let (first, end) = (offset / RegistrationArena.pageBytes, (offset + length + RegistrationArena.pageBytes - 1) / RegistrationArena.pageBytes)
        if first == end { return VerbsErrno(rawValue: EINVAL) }
        let last = end - 1
        let needed = localWrite || bind ? PROT_READ | PROT_WRITE : PROT_READ
        if RegistrationArena.lacks(needed, first, last) { return VerbsErrno(rawValue: EFAULT) }
        live.append(Set(first...last))
        return nil
    }

    mutating func deregister(_ place: Int) { live.remove(at: place) }

    var holds: [Int] { (0..<UInt64(RegistrationArena.pageCount)).map { page in live.count { $0.contains(page) } } }
    var charged: UInt64 { live.reduce(0) { $0 + UInt64($1.count) } }
    var count: Int { live.count }
}
