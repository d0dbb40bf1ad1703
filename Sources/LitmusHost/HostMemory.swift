// HostMemory.swift - what kinds of memory this machine has beside ordinary pages.
//
// Owns: the look at /proc and /sys. Does not: change what the machine has.
import Platform

/// Kinds of memory, and what can be done to it, that not every machine has.
public struct HostMemory: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Swap space.
    public static let swap = HostMemory(rawValue: 1 << 0)
    /// Transparent huge pages, where they are asked for and nowhere else.
    public static let huge = HostMemory(rawValue: 1 << 1)
    /// As many free hugetlb pages as a program and its children can have.
    public static let hugetlb = HostMemory(rawValue: 1 << 2)
    /// Huge pages are made when asked for.
    public static let collapse = HostMemory(rawValue: 1 << 3)
    /// Several nodes, between which pages move.
    public static let nodes = HostMemory(rawValue: 1 << 4)

    /// Memory of a device, to which pages move.
    public static let device = HostMemory(rawValue: 1 << 6)

    /// The memory of a controller that was named: `HostController`.
    public static let controller = HostMemory(rawValue: 1 << 7)

    /// This machine's.
    public static var here: HostMemory {
        var kinds: HostMemory = []
        if hasSwapSpace { kinds.insert(.swap) }
        if text("/sys/kernel/mm/transparent_hugepage/enabled").contains("[madvise]") { kinds.insert(.huge) }
        if Int(text("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")) ?? 0 >= enoughHugetlbPages { kinds.insert(.hugetlb) }
        if HostDevice.collapsesWhenAsked { kinds.insert(.collapse) }
        if hasNodes { kinds.insert(.nodes) }
        if HostDevice.hasDeviceMemory { kinds.insert(.device) }
        if HostController.here.lendsMemory { kinds.insert(.controller) }
        return kinds
    }

    /// Whether pages of private memory can go anywhere.
    static let hasSwapSpace = text("/proc/swaps").contains("\n")

    /// Whether pages can move between nodes.
    static let hasNodes = text("/sys/devices/system/node/has_memory").contains { $0 == "-" || $0 == "," }

    /// Memory that is to have small pages would get huge ones.
    static let hugePagesComeUnasked = text("/sys/kernel/mm/transparent_hugepage/enabled").contains("[always]")

    private static var enoughHugetlbPages: Int { 16 }

    /// The file's text without the newline at its end; empty if there is no such file.
    private static func text(_ path: String) -> String {
        var bytes = SmallFile.read(path) ?? []
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
