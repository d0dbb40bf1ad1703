// ProgramSketch.swift - the memory of a random program: ordinary pages, or huge ones beside those that can become huge.
//
// Owns: which memories there are and what can be asked of each without leaving what the model knows. Does not: choose statements.

/// The memory of a random program.
struct ProgramSketch {
    /// One memory of the first process.
    struct Part {
        let name: String
        let pages: Int
        /// Its areas are cut at each page. Those of huge pages are not: the model cuts the one entry, and fills what is cut, where a call
        /// changes nothing or where the kernel would fill it with small pages.
        var isCut = true
        /// MADV_COLLAPSE may be asked for.
        var isCollapsed = true
        /// MADV_DONTNEED may be asked for. Not of huge pages: whether one comes again depends on a page table that may have stayed. Not
        /// of hugetlb pages: kernels before 5.18 refuse it.
        var canBeDiscarded = true
        /// mlock passes hugetlb pages over.
        var canBeLocked = true
        /// Files are mapped there at times.
        var takesFiles = false
        /// A file's pages at first, as all who map it see them.
        var isShared = false
        /// Anonymous from the first statement to the last.
        var goesToSwap = false
        /// A controller's memory: it stays where it is, and advice on forks has no sense for it.
        var isController = false
        /// Where mprotect takes the right to write a controller's memory from a child and gives it back, the child's next store never ends:
        /// seen in 6.12.117. Clearing soft-dirty bits takes the same right; that kernel keeps none of them, so it was not asked.
        var canChangeRights: Bool { !isController }
    }

    let parts: [Part]
    var hasController: Bool { parts.contains(where: \.isController) }
    let isHuge: Bool
    /// The parent may lock and register so many pages only.
    let isLimited: Bool
    /// The lines of a scenario file.
    let declarations: [String]

    static func ordinary(_ device: HostDevice, _ memory: HostMemory, _ generator: inout SeededGenerator) -> ProgramSketch {
        // Where the device needs a page of its own, a child could not open it under a limit of nothing.
        let limit = generator.below(8) == 0 ? (device == .verbs ? 1 + generator.below(5) : generator.below(6)) : nil
        let filled = generator.below(2) == 0 ? "untouched" : "= 2"
        let lendsMemory = memory.contains(.controller) && device != .mirror
        // A process has room for eight pages.
        let others = lendsMemory ? 1 : 2
        let controller = Part(name: "m", pages: 1, canBeLocked: false, isController: true)
        return ProgramSketch(
            parts: [
                Part(name: "a", pages: 2, goesToSwap: true), Part(name: "b", pages: 1, takesFiles: true),
                Part(name: "s", pages: 1, takesFiles: true, isShared: true), Part(name: "f", pages: 1, takesFiles: true),
                Part(name: "e", pages: others, goesToSwap: true), Part(name: "d", pages: 1, takesFiles: true, isShared: true),
            ] + (lendsMemory ? [controller] : []),
            isHuge: false, isLimited: limit != nil,
            declarations: (lendsMemory ? ["object bar 1 p2p = 6", "frames 1 p2p"] : []) + [
                "object tmp 1 tmpfs = \(generator.below(8))", "object disk 1 file = \(generator.below(8))",
                "process p \(limit.map { "limit \($0) " } ?? ""){", "  a 2 anonymous = 1", "  b 1 anonymous untouched", "  s 1 shared tmp",
                "  f 1 private disk", "  e \(others) anonymous \(filled)", "  d 1 shared disk",
            ] + (lendsMemory ? ["  m 1 shared bar"] : []) + ["}", "process c of p"])
    }

    /// Each page of these is half a huge one.
    static func huge(_ memory: HostMemory, _ generator: inout SeededGenerator) -> ProgramSketch {
        var parts: [Part] = []
        var lines = ["process p {"]
        func fill(_ value: Int) -> String { generator.below(4) == 0 ? "untouched" : "= \(value)" }
        if memory.contains(.hugetlb) {
            parts.append(Part(name: "t", pages: 2, isCut: false, isCollapsed: false, canBeDiscarded: false, canBeLocked: false))
            lines.append("  t 2 hugetlb \(fill(3))")
        }
        if memory.contains(.huge) {
            parts.append(Part(name: "h", pages: 2, canBeDiscarded: false))
            lines.append("  h 2 huge \(fill(1))")
        }
        parts.append(Part(name: "e", pages: 2))
        lines.append("  e 2 anonymous \(fill(2))")
        return ProgramSketch(parts: parts, isHuge: true, isLimited: false, declarations: lines + ["}", "process c of p"])
    }
}
