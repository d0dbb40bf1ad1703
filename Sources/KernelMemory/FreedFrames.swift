// FreedFrames.swift - what is left of a frame when it is freed.
//
// Owns: the cases. Only scenarios that look at freed frames tell them apart: for all others a freed frame is forgotten.

/// What is left of a frame when it is freed.
public enum FreedFrames: Int, Sendable {
    /// Nobody looks.
    case forgotten = 0
    /// Its content, in the kernel's direct map.
    case kept
    /// Zeroes, in the kernel's direct map.
    case cleared
    /// Its content, but not in the kernel's direct map.
    case unmapped
}
