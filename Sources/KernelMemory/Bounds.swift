// Bounds.swift - how large a modelled system can be.
//
// Owns: the fixed bounds. Cells of things that a scenario does not use cost nothing in the state table: a cell that never
// changes is not stored. Does not: bound the number of states (the explorer does).

/// Upper bounds on the modelled system; a scenario that needs more is refused when it is read.
public enum Bounds {
    public static var processes: Int { 4 }
    public static var pages: Int { 8 }
    /// The last frame is the zero page.
    public static var frames: Int { 16 }
    public static var backingPages: Int { 6 }
    public static var swapSlots: Int { 6 }
    public static var regions: Int { 4 }
    public static var actors: Int { 8 }
    public static var variables: Int { 16 }
    public static var peers: Int { 4 }
    /// Contents are numbers from 0 (zero-filled) to this.
    public static var contents: Int { 15 }
}
