// ProviderCommand.swift - `verbena provider`: a process whose memory others register, as a device provides its own.
//
// Owns: the life of one provider: provide, refuse new users, wait for the last or revoke. Does not: join a fabric.
// Counterpart: a driver with a controller memory buffer, and its unbinding.
import ArgumentParser
import Platform

struct ProviderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider",
        abstract: "Provide memory that other programs register by its descriptor.",
        discussion: """
            Makes memory of zeroes and prints its path. A program of the same user opens the path and registers the \
            descriptor with ibv_reg_dmabuf_mr. SIGINT, SIGTERM or SIGHUP unbind the provider: nobody can register the memory \
            any more (ENODEV), and the provider ends with the last registration; a second signal ends it at once, and leaves the \
            memory to those who have it. With --revoke the memory is taken away instead: remote accesses get a remote access \
            error from then on, and the keys stay reserved until they are deregistered.

            Examples:
              verbena provider --size 64M
              verbena provider --size 64M --revoke
            """)

    @Option(help: ArgumentHelp("How much memory.", valueName: "bytes, or with K, M or G"))
    var size: ByteCount

    @Flag(help: "Take the memory away from those who use it, rather than wait for them.")
    var revoke = false

    func run() throws {
        EndSignals.hold()
        do throws(SystemError) {
            let provider = try MemoryProvider(byteCount: size.bytes)
            Host.writeStandardOutput(provider.path + "\n")
            EndSignals.wait()
            EndSignals.letThrough()
            try unbind(provider)
        } catch {
            throw Refusal("the memory cannot be provided: \(error).", remedy: nil, status: 1)
        }
    }

    private func unbind(_ provider: borrowing MemoryProvider) throws(SystemError) {
        try provider.refuseNewUsers()
        if revoke { try provider.revoke() } else { try provider.awaitLastUser() }
    }
}
