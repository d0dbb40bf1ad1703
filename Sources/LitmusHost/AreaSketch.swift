// AreaSketch.swift - an address space in few words, so that the model's and the kernel's can be compared.
//
// Owns: which flags are compared, and how both sides are brought to the same words; where areas begin, but for those of two memories that
// lie side by side (`HostGrid.joints`): they are apart in the model alone.
import KernelMemory
import Platform

/// What lies at each page of one process, and with which flags.
struct AreaSketch: Equatable {
    /// For each page: nil for a hole, otherwise its area's flags.
    private var flags: [AreaMap.Flags?]
    /// For each page that is in an area: whether it is the area's first.
    private var starts: [Bool]

    /// Abbreviations of proc(5), and the model's words for them.
    private static let named: [(name: String, flag: AreaMap.Flags, modelled: AreaFlags)] = [
        ("rd", .read, .read), ("wr", .write, .write), ("mw", .mayWrite, .mayWrite), ("dc", .dontCopy, .dontCopy),
        ("wf", .wipeOnFork, .wipeOnFork), ("lo", .locked, .locked), ("sh", .shared, []),
    ]

    /// The model's.
    init(_ state: KernelState, _ process: ProcessID, _ grid: HostGrid) {
        let areas = state.areas(process)
        flags = areas.map { page in
            guard let page else { return nil }
            var flags: AreaMap.Flags = []
            for (_, flag, modelled) in Self.named where !page.flags.isDisjoint(with: modelled) { flags.insert(flag) }
            // What can never be written the kernel treats as private (VM_MAYSHARE alone stays).
            if page.mapping.isShared, page.flags.contains(.mayWrite) { flags.insert(.shared) }
            return flags
        }
        starts = areas.map { $0?.starts ?? false }
        for page in grid.joints { starts[page] = false }
    }

    /// The kernel's; a page lies in one area at most.
    init(_ areas: [AreaMap.Area], _ grid: HostGrid) {
        flags = (0..<Bounds.pages).map { index in
            let address = grid.address(index)
            return areas.first { $0.start <= address && address < $0.end }?.flags
        }
        starts = (0..<Bounds.pages).map { index in areas.contains { $0.start == grid.address(index) } }
        for page in grid.joints { starts[page] = false }
    }

    /// "0: rd wr mw; 1-2: rd sh".
    var text: String {
        var parts: [String] = []
        var index = 0
        while index < flags.count {
            let first = index
            while index < flags.count, flags[index] == flags[first], index == first || !starts[index] { index += 1 }
            guard let flags = flags[first] else { continue }
            let words = Self.named.filter { flags.contains($0.flag) }.map(\.name).joined(separator: " ")
            parts.append((first == index - 1 ? "\(first)" : "\(first)-\(index - 1)") + ": " + words)
        }
        return parts.joined(separator: "; ")
    }
}
