// ProgramGenerator.swift - random programs in the scenario language, for the running kernel and the model of it.
//
// Owns: the choice of memory and statements; everything it writes can be played by the host's actors. Same seed and same kinds of memory,
// same text. Does not: know what a statement answers.

/// Writes random scenarios.
struct ProgramGenerator {
    private var generator: SeededGenerator
    private let seed: UInt64
    private let device: HostDevice
    private let memory: HostMemory
    private let sketch: ProgramSketch
    private let focus: Int

    /// Huge pages cost the kernel much: a program in so many has them.
    private static var ordinaryForEachHuge: Int { 8 }

    init(seed: UInt64, device: HostDevice, memory: HostMemory) {
        self.seed = seed
        self.device = device
        self.memory = memory
        var generator = SeededGenerator(seed: seed)
        let canBeHuge = !memory.isDisjoint(with: [.huge, .hugetlb])
        let isHuge = canBeHuge ? generator.below(Self.ordinaryForEachHuge) == 0 : false
        let sketch = isHuge ? ProgramSketch.huge(memory, &generator) : ProgramSketch.ordinary(device, memory, &generator)
        focus = generator.below(sketch.parts.count)
        self.sketch = sketch
        self.generator = generator
    }

    /// One scenario, as a file's lines: what stands before the statements, the statements by actor, what stands after.
    mutating func program() -> GeneratedProgram {
        let parts = [statements(of: "p", forks: true), statements(of: "c", forks: false)]
        let room = movesToDevice ? ["frames 4 device-private"] : []
        return GeneratedProgram(name: "seed-\(seed)", memory: room + sketch.declarations, parts: parts)
    }

    private mutating func statements(of process: String, forks: Bool) -> [String] {
        let count = 4 + generator.below(7)
        var list = (0..<count).flatMap { _ in statement(of: process) }
        // What nobody makes cannot be spoken of.
        for (holder, maker) in [("\(process)-buffer", maker), ("\(process)-pipe", "vmsplice")]
        where !list.contains(where: { $0.hasPrefix(maker) }) {
            list.removeAll { $0.contains(holder) }
        }
        if forks { list.insert("fork c", at: generator.below(list.count + 1)) }
        // The parent does not end before its child: on the host a child lets go of the pipes and rings that it inherits, so that they would
        // end with the parent. With a process HMM's test device brings home all that it has.
        if !forks, generator.below(3) == 0, !movesToDevice { list.append("exit") }
        return list
    }

    // MARK: Places

    /// Half of all statements are about one memory: what they do to each other is what is asked.
    private mutating func part() -> ProgramSketch.Part {
        sketch.parts[generator.below(2) == 0 ? focus : generator.below(sketch.parts.count)]
    }

    private mutating func page(of part: ProgramSketch.Part) -> String {
        part.pages == 1 ? part.name : "\(part.name)[\(generator.below(part.pages))]"
    }

    private mutating func page() -> String { page(of: part()) }

    /// A page of memory that can lie on any node.
    private mutating func movable() -> String {
        let part = part()
        return page(of: part.isController ? sketch.parts[0] : part)
    }

    /// A memory or one page of it.
    private mutating func pages(of part: ProgramSketch.Part) -> String {
        generator.below(2) == 0 || part.pages == 1 ? part.name : page(of: part)
    }

    /// Pages that a device or a pipe can hold.
    private mutating func pages() -> String { pages(of: part()) }

    /// Pages of an area that can be cut there, for a call of which `isAbout` says whether it may be about them.
    private mutating func cut(_ isAbout: (ProgramSketch.Part) -> Bool = { _ in true }) -> String {
        var part = part()
        if !isAbout(part) { part = sketch.parts.last(where: isAbout)! }
        return part.isCut ? pages(of: part) : part.name
    }

    // MARK: Statements

    /// The statement that makes a buffer.
    private var maker: String {
        switch device {
        case .fixedBuffers: "io-uring-register"
        case .verbs, .mirror: "register"
        case .pinTest: "pin"
        }
    }

    private mutating func registration(of buffer: String) -> String {
        let what = "\(maker) \(buffer) \(pages())"
        switch device {
        case .fixedBuffers: return what
        case .verbs: return what + " remote-read" + (generator.below(2) == 0 ? " local-write remote-write" : "")
        case .pinTest: return what + " longterm" + ["", " write", " fast", " write fast"][generator.below(4)]
        case .mirror: return what + " on-demand remote-read local-write remote-write"
        }
    }

    /// Some kernels charge rings to their user: a process that is born under a limit could not make one. The kernel's test of pins has room
    /// for one; it and the test device are root's, which a process under a limit is not.
    private func canRegister(_ process: String) -> Bool {
        switch device {
        case .verbs: true
        case .fixedBuffers: process == "p" || !sketch.isLimited
        case .pinTest: process == "p" && !sketch.isLimited
        case .mirror: !sketch.isLimited
        }
    }

    /// Each process has a buffer and a pipe of its own, so that a name says whose memory it means.
    private mutating func statement(of process: String) -> [String] {
        let (buffer, pipe) = ("\(process)-buffer", "\(process)-pipe")
        let holder = generator.below(2) == 0 ? buffer : pipe
        switch generator.below(28) {
        case 0...4: return ["read \(page())"]
        case 5...9: return ["write \(page()) \(value())"]
        case 10: return ["munmap \(cut())"]
        case 11: return ["mmap " + mapping()]
        case 12: return ["mprotect \(cut(\.canChangeRights)) read"]
        case 13: return ["mprotect \(cut(\.canChangeRights)) read write"]
        case 14: return ["dontneed \(cut(\.canBeDiscarded))"]
        case 15: return advice()
        case 16...17: return [canRegister(process) ? registration(of: buffer) : "vmsplice \(pipe) \(pages())"]
        case 18: return ["vmsplice \(pipe) \(pages())"]
        case 19: return [maker == "register" && holder == buffer ? "deregister \(holder)" : "unpin \(holder)"]
        case 20...21: return ["dma-read \(holder)[0]"]
        case 22: return [device == .pinTest ? "dma-read \(buffer)[0]" : "dma-write \(buffer)[0] \(value())"]
        case 23:
            // The host's limit has room for the rings' own charge, which mlock would find free.
            let locks = generator.below(2) == 0 && !sketch.isLimited
            return [(locks ? "mlock" : "munlock") + " \(cut(\.canBeLocked))"]
        case 24...25: return moved()
        case 26: return [generator.below(2) == 0 ? "mprotect \(cut(\.canChangeRights))" : "mprotect \(cut(\.canChangeRights)) read write"]
        default: return [generator.below(4) == 0 && !sketch.hasController ? "clear-soft-dirty" : "read \(page())"]
        }
    }

    /// Some rules are shown by a certain order of calls alone, which chance seldom brings about.
    private mutating func advice() -> [String] {
        let shared = sketch.parts.filter(\.isShared)
        guard !shared.isEmpty, generator.below(3) == 0 else {
            return [["dontfork", "dofork", "wipeonfork", "remove"][generator.below(4)] + " \(cut(\.canChangeRights))"]
        }
        let name = shared[generator.below(shared.count)].name
        return generator.below(2) == 0
            ? ["mprotect \(name) read", "remove \(name)"] : ["mmap \(name) shared disk read read-only-file", "mprotect \(name) read write"]
    }

    /// Pages go to a device's memory and come back; nothing else moves them then.
    private var movesToDevice: Bool { device == .mirror && memory.contains(.device) && !sketch.isHuge && !sketch.isLimited }

    /// Only pages of one memory, so that there is room for all of them in the device.
    private mutating func move() -> String {
        (generator.below(3) == 0 ? "migrate-back" : "migrate-to device-private") + " a[\(generator.below(2))]"
    }

    private mutating func value() -> Int { 3 + generator.below(12) }

    /// New memory; of a file only where one page lies, and where nothing pages out.
    private mutating func mapping() -> String {
        let part = part()
        let place = part.isCut ? pages(of: part) : part.name
        guard part.takesFiles, generator.below(2) == 0 else { return "\(place) anonymous read write" }
        switch generator.below(8) {
        case 0: return "\(place) shared \(generator.below(2) == 0 ? "disk" : "tmp") read read-only-file"
        case let choice:
            let kind = ["private disk", "shared disk", "shared tmp", "private tmp"][choice % 4]
            return "\(place) \(kind) read" + (generator.below(3) == 0 ? "" : " write")
        }
    }

    /// What becomes of pages without their owner's accesses: they are paged out, move to another node, or
    /// become one huge page. Merging of equal ones is not among it: after a fork the kernel leaves other pages shared than the model does.
    private mutating func moved() -> [String] {
        if movesToDevice { return [move()] }
        if sketch.isHuge { return memory.contains(.collapse) ? collapse() : ["read \(page())"] }
        if memory.contains(.nodes), generator.below(3) == 0 { return ["migrate \(movable())"] }
        guard memory.contains(.swap) else { return ["read \(page())"] }
        let anonymous = sketch.parts.filter(\.goesToSwap)
        return ["pageout \(page(of: anonymous[generator.below(anonymous.count)]))"]
    }

    /// Of pages that are there: of others it depends on a page table that may have stayed.
    private mutating func collapse() -> [String] {
        let candidates = sketch.parts.filter(\.isCollapsed)
        let part = candidates[generator.below(candidates.count)]
        return (0..<part.pages).map { page in
            generator.below(2) == 0 ? "read \(part.name)[\(page)]" : "write \(part.name)[\(page)] \(value())"
        } + ["collapse \(part.name)"]
    }
}
