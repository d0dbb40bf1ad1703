// Verbena.swift - the command line's root.
//
// Owns: the list of subcommands, the reporting of refusals. Does not: any work of theirs.
import ArgumentParser

@main
struct Verbena: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verbena",
        abstract: "RDMA verbs on any Linux machine: no adapter, no kernel module, no root.",
        discussion: """
            Examples:
              verbena doctor                            what this machine allows
              verbena devices                           the devices that programs see
              verbena run -- ibv_rc_pingpong &          a server, in the background
              verbena run -- ibv_rc_pingpong localhost  and its client
              verbena status                            who uses the devices now
            """,
        subcommands: [RunCommand.self, DevicesCommand.self, StatusCommand.self, DoctorCommand.self, ProviderCommand.self, LitmusCommand.self])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let refusal as Refusal {
            exit(withError: refusal.report())
        } catch {
            exit(withError: error)
        }
    }
}
