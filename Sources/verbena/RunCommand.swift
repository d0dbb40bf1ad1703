// RunCommand.swift - `verbena run`: a program with the device.
//
// Owns: the environment it hands over. Does not: stay; the program takes this process's place, so that its exit status,
// its signals and its descriptors are its own. Counterpart: ld.so(8), LD_PRELOAD; env(1) for the exit statuses.
import ArgumentParser
import Platform

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a program with Verbena's RDMA device.",
        usage: "verbena run [<options>] [--] <program> [<arguments> ...]",
        discussion: """
            The program is not changed: its calls to libibverbs and librdmacm find Verbena's device instead of the \
            kernel's. What it starts inherits the device.

            Examples:
              verbena run -- ibv_devinfo -v
              verbena run -- ib_write_bw & sleep 1; verbena run -- ib_write_bw localhost
              verbena run --link-layer infiniband --devices 2 -- ./my-test
              verbena run --memlock 64K -- ./my-test    (registrations fail as under `ulimit -l 64`)
              verbena run --pin mlock -- ./my-test     (registered pages are locked in memory)
              verbena run --stale strict -- ./my-test  (finds out what is used after it was unmapped)
              verbena run --dma frame -- ./my-test     (what was registered stays, though it be unmapped)

            Exit status: the program's. 127: the program, or Verbena's library, was not found. 126: the program was \
            found and cannot be run so.
            """)

    @OptionGroup
    var deviceOptions: DeviceOptions

    @Option(
        help: ArgumentHelp(
            "Whose limit registrations obey: kernel (this process's RLIMIT_MEMLOCK), unlimited, or a number of bytes.",
            discussion: "The number may end in K, M or G.", valueName: "limit"))
    var memlock: MemlockOption?

    @Option(
        help: ArgumentHelp(
            "What registered memory is to the device: address (what is mapped there at the moment of access) or frame.",
            discussion: """
                By frame the device sees the frames that were registered, as hardware does, whatever the program did to its \
                mappings since. The kernel holds them (io_uring, pipes) and counts them against the user's limit.
                """, valueName: "kind"))
    var dma: DMAOption?

    @Option(
        help: ArgumentHelp(
            "Whether registered memory stays in memory: account (it is only counted) or mlock (its pages are locked).",
            discussion: """
                Locked pages are in memory from the first registration that holds them to the last, beside the program's own \
                locks; the kernel counts them against `ulimit -l`. By frame they are held anyway.
                """, valueName: "kind"))
    var pin: PinOption?

    @Option(
        help: ArgumentHelp(
            "What becomes of a registration whose memory is unmapped, mapped over, moved or dropped: follow or strict.",
            discussion: """
                follow: the device goes on with what is mapped there. strict: the registration ends, standard error says what \
                happened to it, and accesses fail. Seen are the program's calls of the C library, and, where the kernel tells of them \
                (verbena doctor says whether), whatever else does it: free, system calls.
                """, valueName: "kind"))
    var stale: StaleOption?

    @Option(
        help: ArgumentHelp(
            "Whether registered memory is kept from forked children: none or dontfork.",
            discussion: """
                Without it the kernel decides: dontfork where frames are held (--dma frame) and the kernel is older than 5.12, \
                whose forks separate the program from them; else none, because nothing is separated.
                """, valueName: "kind"))
    var forkProtection: ForkProtectionOption?

    @Option(help: ArgumentHelp("The fabric to join: only programs on one fabric reach each other.", valueName: "name"))
    var fabric: String?

    @Argument(parsing: .captureForPassthrough, help: "The program, and its arguments.")
    var command: [String] = []

    func validate() throws {
        if let fabric, fabric.isEmpty || fabric.contains("/") || fabric.utf8.count > 64 {
            throw ValidationError("--fabric is a name of at most 64 bytes without \"/\".")
        }
        if dma == .frame && pin == .mlock {
            throw ValidationError("--pin mlock is for --dma address: what is held by frame stays in memory by that.")
        }
        if dma == .frame && stale == .strict {
            throw ValidationError("--stale strict is for --dma address: what is held by frame does not get stale.")
        }
        // What stands before the program and is no option of ours is captured too.
        if ["-h", "--help"].contains(command.first) { throw CleanExit.helpRequest(self) }
        if let first = command.first, first != "--", first.hasPrefix("-") {
            throw ValidationError("Unknown option '\(first)'. Put -- before a program whose name begins with a dash.")
        }
        if words.isEmpty { throw ValidationError("Which program? For example: verbena run -- ibv_devinfo") }
    }

    func run() throws {
        let target = try TargetProgram.locate(words[0])
        let library = try PreloadLibrary.locate()
        try setEnvironment(library)
        let failure = Program.replaceSelf(path: target.path, arguments: words)
        throw Refusal("\(words[0]) cannot be started: \(failure)", remedy: nil, status: 126)
    }

    /// The program and its arguments.
    private var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

    private func setEnvironment(_ library: PreloadLibrary) throws {
        try Host.setEnvironment("LD_PRELOAD", library.preloadList(before: Host.environment("LD_PRELOAD")))
        try deviceOptions.setEnvironment()
        let settings = [
            ("VERBENA_MEMLOCK", memlock?.environmentValue), ("VERBENA_DMA", dma?.rawValue),
            ("VERBENA_PIN", pin?.rawValue), ("VERBENA_STALE", stale?.rawValue),
            ("VERBENA_FORK_PROTECTION", forkProtection?.rawValue), ("VERBENA_FABRIC", fabric),
        ]
        for case (let name, let value?) in settings { try Host.setEnvironment(name, value) }
    }
}
