// Verbena.swift - the command line's root.
//
// Owns: the list of subcommands. Does not: any work of theirs.
import ArgumentParser

@main
struct Verbena: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verbena",
        abstract: "RDMA verbs on any Linux machine: no adapter, no kernel module, no root.",
        subcommands: [])
}
