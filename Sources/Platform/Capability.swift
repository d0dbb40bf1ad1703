// Capability.swift - the privileges that matter to memory registration.
//
// Owns: the numbers. Counterpart: capabilities(7).

/// A capability, by its number.
public enum Capability: UInt64, Sendable {
    /// May lock memory without limit.
    case ipcLock = 14
    /// May trace, and so read and write, any process.
    case systemTrace = 19
    /// May learn page frame numbers, among much else.
    case systemAdministration = 21
}
