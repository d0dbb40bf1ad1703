// ProgramGenerator.swift - random programs in the scenario language, for the running kernel and the model of it.
//
// Owns: the choice of memory and statements; everything it writes can be played by the host's actors. Same seed, same text.

/// Writes random scenarios.
struct ProgramGenerator {
    private var generator: SeededGenerator
    private let seed: UInt64
    private let device: HostDevice
    private let focus: Int

    init(seed: UInt64, device: HostDevice) {
        self.seed = seed
        self.device = device
        generator = SeededGenerator(seed: seed)
        focus = generator.below(Self.memories.count)
    }

    /// A memory of every program: its name and its pages.
    private static let memories: [(name: String, pages: Int)] = [("a", 2), ("b", 1), ("s", 1), ("f", 1), ("e", 2)]

    /// One scenario, as a file's lines: what stands before the statements, the statements by actor, what stands after.
    mutating func program() -> GeneratedProgram {
        let parts = [statements(of: "p", forks: true), statements(of: "c", forks: false)]
        return GeneratedProgram(name: "seed-\(seed)", memory: declarations(), parts: parts)
    }

    private mutating func declarations() -> [String] {
        [
            "object tmp 1 tmpfs = \(generator.below(8))", "object disk 1 file = \(generator.below(8))", "process p {",
            "  a 2 anonymous = 1", "  b 1 anonymous untouched", "  s 1 shared tmp", "  f 1 private disk",
            "  e 2 anonymous\(generator.below(2) == 0 ? " untouched" : " = 2")", "}", "process c of p",
        ]
    }

    private mutating func statements(of process: String, forks: Bool) -> [String] {
        let count = 4 + generator.below(7)
        var list = (0..<count).map { _ in statement(of: process) }
        // What nobody makes cannot be spoken of.
        for (holder, maker) in [("\(process)-buffer", maker), ("\(process)-pipe", "vmsplice")]
        where !list.contains(where: { $0.hasPrefix(maker) }) {
            list.removeAll { $0.contains(holder) }
        }
        if forks { list.insert("fork c", at: generator.below(list.count + 1)) }
        return list
    }

    /// Half of all statements are about one memory: what they do to each other is what is asked.
    private mutating func memory() -> (name: String, pages: Int) {
        Self.memories[generator.below(2) == 0 ? focus : generator.below(Self.memories.count)]
    }

    private mutating func page() -> String {
        let memory = memory()
        return memory.pages == 1 ? memory.name : "\(memory.name)[\(generator.below(memory.pages))]"
    }

    private mutating func pages() -> String {
        let memory = memory()
        return generator.below(2) == 0 || memory.pages == 1 ? memory.name : "\(memory.name)[\(generator.below(memory.pages))]"
    }

    /// The statement that makes a buffer.
    private var maker: String { device == .verbs ? "register" : "io-uring-register" }

    private mutating func registration(of buffer: String) -> String {
        guard device == .verbs else { return "\(maker) \(buffer) \(pages())" }
        return "\(maker) \(buffer) \(pages()) remote-read" + (generator.below(2) == 0 ? " local-write remote-write" : "")
    }

    /// Each process has a fixed buffer and a pipe of its own, so that a name says whose memory it means.
    private mutating func statement(of process: String) -> String {
        let (buffer, pipe) = ("\(process)-buffer", "\(process)-pipe")
        let holder = generator.below(2) == 0 ? buffer : pipe
        switch generator.below(24) {
        case 0...4: return "read \(page())"
        case 5...9: return "write \(page()) \(3 + generator.below(12))"
        case 10: return "munmap \(pages())"
        case 11: return "mmap \(pages()) anonymous read write"
        case 12: return "mprotect \(pages()) read"
        case 13: return "mprotect \(pages()) read write"
        case 14: return "dontneed \(pages())"
        case 15: return ["dontfork", "dofork", "wipeonfork", "remove"][generator.below(4)] + " \(pages())"
        case 16...17: return registration(of: buffer)
        case 18: return "vmsplice \(pipe) \(pages())"
        case 19: return device == .verbs && holder == buffer ? "deregister \(holder)" : "unpin \(holder)"
        case 20...21: return "dma-read \(holder)[0]"
        case 22: return "dma-write \(buffer)[0] \(3 + generator.below(12))"
        default: return generator.below(2) == 0 ? "mlock \(pages())" : "munlock \(pages())"
        }
    }
}
