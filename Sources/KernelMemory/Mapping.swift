// Mapping.swift - what a page of a virtual memory area maps.
//
// Owns: the encoding of a page's backing in one cell. Counterpart in Linux: vm_file, vm_pgoff and VM_SHARED of vm_area_struct.

/// What one page of a VMA maps.
public struct Mapping: Equatable, Sendable {
    /// 0 a hole, 1 private anonymous memory (50 with transparent huge pages, 51 hugetlb), 2… a private mapping of a backing page,
    /// 64… a shared one.
    public let code: Int

    @inline(__always)
    public init(code: Int) { self.code = code }

    public static var hole: Mapping { Mapping(code: 0) }
    public static var anonymous: Mapping { Mapping(code: 1) }

    public static var anonymousHuge: Mapping { Mapping(code: 50) }
    public static var hugetlb: Mapping { Mapping(code: 51) }

    public static func privately(_ backing: BackingPage) -> Mapping { Mapping(code: 2 + backing.index) }

    public static func shared(_ backing: BackingPage) -> Mapping { Mapping(code: 64 + backing.index) }

    @inline(__always)
    public var isHole: Bool { code == 0 }

    @inline(__always)
    public var isShared: Bool { code >= 64 }

    @inline(__always)
    public var backing: BackingPage? {
        if code >= 64 { return BackingPage(code - 64) }
        return code >= 2 && code < 50 ? BackingPage(code - 2) : nil
    }

    /// Private anonymous memory that is filled with huge pages.
    public var isHuge: Bool { code == 50 || code == 51 }

    /// True if a VMA could go on from this page to `next`: same kind, and file pages in sequence.
    public func continues(to next: Mapping) -> Bool {
        if code == 1 || isHuge { return next.code == code }
        return code >= 2 && next.code == code + 1 && next.isShared == isShared
    }
}
