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

    var isScaled: Bool { pageBytes != Self.basePageBytes }

    init(_ scenario: Scenario) {
        let mapsHuge = scenario.processes.indices.contains { process in
            (0..<Bounds.pages).contains { scenario.initial.layout(ProcessID(process), PageNumber($0))?.mapping.isHuge == true }
        }
        let collapses = scenario.program.parts.contains { $0.operations.contains { $0.kind == .adviseCollapse } }
        pageBytes = mapsHuge || collapses ? Self.hugePageBytes / 2 : Self.basePageBytes
    }

    func address(_ page: Int) -> UInt64 { Self.base + bytes(page) }

    func bytes(_ pages: Int) -> UInt64 { UInt64(pages) * pageBytes }

    /// How many of the scenario's pages so many kibibytes of an account are, after the device's own.
    func pages(kibibytes: Int, without ownPages: Int = 0) -> Int {
        (kibibytes * 1024 - ownPages * Int(Self.basePageBytes)) / Int(pageBytes)
    }
}
