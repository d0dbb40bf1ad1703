// StaleOption.swift - the values of --stale.
import ArgumentParser

/// What becomes of a registration whose memory is unmapped, mapped over, moved or dropped.
enum StaleOption: String, ExpressibleByArgument, CaseIterable {
    /// The device follows what is mapped there.
    case follow
    /// The registration ends.
    case strict
}
