// PinOption.swift - the values of --pin.
import ArgumentParser

/// Whether registered memory stays in memory.
enum PinOption: String, ExpressibleByArgument, CaseIterable {
    /// It is charged, and the kernel may swap it out.
    case account
    /// Its pages are locked.
    case mlock
}
