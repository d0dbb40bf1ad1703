// Confinement.swift - what a program is kept from while it runs: as in a hardened container, or in one of its own.
//
// Owns: the words that stand before its command. The confining itself is Clients/confine.c.

/// A way to be confined.
enum Confinement: String, CaseIterable, CustomStringConvertible, Sendable {
    /// A seccomp filter refuses process_vm_readv(2) and process_vm_writev(2).
    case noProcessMemory = "no-process-vm"
    /// It refuses pidfd_getfd(2) too, by which peers copy each other's event descriptors.
    case noProcessAccess = "no-process-vm,no-pidfd-getfd"
    /// A user and a PID namespace of its own.
    case namespaces = "user-namespace"

    var description: String { rawValue }

    /// What stands before the program's own words.
    func prefix() throws -> [String] { [try Workplace.shared.get().compile("confine"), rawValue] }
}
