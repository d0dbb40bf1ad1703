// DMAOption.swift - the values of --dma.
import ArgumentParser

/// What registered memory is to the device.
enum DMAOption: String, ExpressibleByArgument, CaseIterable {
    /// What is mapped at its addresses at the moment of access.
    case address
    /// The frames that were there when it was registered.
    case frame
}
