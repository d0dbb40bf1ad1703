// TableRoom.swift - the memory of one table: an address. `ZeroedTable` keeps the room as long as it uses it.

/// Memory for a table, which it has until it lets the room go.
public protocol TableRoom: AnyObject {
    /// Where it is: as many bytes as were asked for, zero, for elements of at most 16 bytes' alignment. It never moves.
    var base: UnsafeMutableRawPointer { get }
}
