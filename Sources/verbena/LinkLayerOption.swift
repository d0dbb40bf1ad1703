// LinkLayerOption.swift - the values of --link-layer.
import ArgumentParser

/// What the ports speak. The raw value is that of VERBENA_LINK_LAYER.
enum LinkLayerOption: String, ExpressibleByArgument, CaseIterable {
    case ethernet
    case infiniband
}
