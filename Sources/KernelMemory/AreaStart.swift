// AreaStart.swift - whether a VMA begins at a page: the values of `PageField.areaStart`.

/// Whether a VMA begins at a page.
public enum AreaStart {
    /// The page goes on with the VMA of the one before it, or nothing is mapped there.
    public static var none: Int { 0 }
    /// A VMA begins here, and may become one with its neighbour.
    public static var here: Int { 1 }
    /// Another memory of the scenario begins here: a VMA does where something is mapped, and none ever merges across.
    public static var always: Int { 2 }
}
