// MappedRights.swift - what holds for every page of a range.
//
// Owns: nothing. Counterpart: the second column of proc_pid_maps(5).

/// Rights that hold for all of a range. A range of both kinds is neither shared nor private.
@frozen
public struct MappedRights: OptionSet, Sendable {
    public let rawValue: Int32

    @inlinable
    public init(rawValue: Int32) { self.rawValue = rawValue }

    @inlinable public static var readable: MappedRights { MappedRights(rawValue: 1) }
    @inlinable public static var writable: MappedRights { MappedRights(rawValue: 2) }
    @inlinable public static var shared: MappedRights { MappedRights(rawValue: 8) }
    @inlinable public static var privatePages: MappedRights { MappedRights(rawValue: 16) }
}
