// HostGrid.swift - where a scenario's pages lie in a real process, and how large they are.
//
// Owns: the scale. A huge page of the model is a folio of two pages; that of x86-64 and arm64 has 512. Where a scenario has huge
// pages, each of its pages is half of one: what is done to it is done to 256 pages, and its first one is looked at.
import CHostActor
import KernelMemory
import Litmus

/// The places of a scenario's pages.
struct HostGrid: Equatable {
    /// Where page 0 lies in every process, at the beginning of a huge page.
    static var base: UInt64 { 0x2000_0000_0000 }
    static var basePageBytes: UInt64 { 4096 }
    private static var hugePageBytes: UInt64 { 2 << 20 }

    /// Bytes of one of the scenario's pages.
    let pageBytes: UInt64

    /// Where each page lies, and the first one after them.
    private let addresses: [UInt64]

    /// Pages at which a memory begins right behind another one: whether their areas become one is the kernel's affair.
    let joints: [Int]

    var isScaled: Bool { pageBytes != Self.basePageBytes }

    init(_ scenario: Scenario) {
        let mapsHuge = scenario.processes.indices.contains { process in
            (0..<Bounds.pages).contains { scenario.initial.layout(ProcessID(process), PageNumber($0))?.mapping.isHuge == true }
        } || scenario.objects.contains { scenario.initial.backing(BackingPage($0.first)).kind == .hugePages }
        let collapses = scenario.program.parts.contains { $0.operations.contains { $0.kind == .adviseCollapse } }
        let pageBytes = mapsHuge || collapses ? Self.hugePageBytes / 2 : Self.basePageBytes
        self.pageBytes = pageBytes
        joints = (1..<Bounds.pages).filter { page in
            scenario.memories.contains { $0.first == page } && !Self.isBetweenMemories(page, scenario)
        }
        var gaps = 0
        addresses = (0...Bounds.pages).map { page in
            if page > 0, Self.isBetweenMemories(page, scenario) { gaps += Self.gapPages }
            return Self.base + UInt64(page + gaps) * pageBytes
        }
    }

    /// Two: what begins with a huge page goes on to do so.
    private static var gapPages: Int { 2 }

    /// Memories lie apart, as in the model: there areas of two of them never become one. Not those that a process has as one memory, or
    /// that a statement is about at once.
    private static func isBetweenMemories(_ page: Int, _ scenario: Scenario) -> Bool {
        func crosses(_ first: Int, _ count: Int) -> Bool { first < page && page < first + count }
        return scenario.memories.contains { $0.first == page } && !scenario.memories.contains { crosses($0.first, $0.count) }
            && !scenario.program.parts.contains { $0.operations.contains { crosses($0.page.index, $0.pageCount) } }
    }

    func address(_ page: Int) -> UInt64 { addresses[page] }

    func bytes(_ pages: Int) -> UInt64 { UInt64(pages) * pageBytes }

    /// How many of the scenario's pages so many kibibytes of an account are, after the device's own.
    func pages(kibibytes: Int, without ownPages: Int = 0) -> Int {
        (kibibytes * 1024 - ownPages * Int(Self.basePageBytes)) / Int(pageBytes)
    }
}
