// ForkProtectionOption.swift - the values of --fork-protection.
import ArgumentParser

/// Whether registered memory is kept from forked children.
enum ForkProtectionOption: String, ExpressibleByArgument, CaseIterable {
    case none
    /// MADV_DONTFORK while registered.
    case dontfork
}
