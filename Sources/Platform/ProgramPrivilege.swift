// ProgramPrivilege.swift - why the dynamic linker would not preload a library into a program.
//
// Owns: the kinds. Counterpart: ld.so(8), secure-execution mode.

/// A privilege that a program gains when it starts.
public enum ProgramPrivilege: Int32, Sendable {
    case anotherUser = 1
    case anotherGroup = 2
    case capabilities = 3
}
