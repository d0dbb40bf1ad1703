// FrameDirection.swift - which way bytes go between held frames and the rest.

/// Which way bytes go.
enum FrameDirection {
    case fromFrames
    case toFrames
}
