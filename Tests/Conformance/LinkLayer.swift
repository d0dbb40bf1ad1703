// LinkLayer.swift - the two kinds of port that the device can show.

/// Chosen for a client through VERBENA_LINK_LAYER.
enum LinkLayer: String, CaseIterable, Sendable {
    case ethernet
    case infiniband

    var environment: [String: String] { ["VERBENA_LINK_LAYER": rawValue] }
}
