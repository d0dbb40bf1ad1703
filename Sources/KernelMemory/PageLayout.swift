// PageLayout.swift - how one page of a process's first state is to be made on a real kernel.

/// One page of an address space, in words that a system call could be made from.
public struct PageLayout: Equatable, Sendable {
    public let mapping: Mapping
    public let flags: AreaFlags
    /// True if a VMA begins at this page.
    public let startsArea: Bool
    /// What the page holds if it is there, nil if nothing has touched it.
    public let content: Int?
    public let zone: Zone
}

extension KernelState {
    /// The page as it lies in the process's address space; nil for a hole.
    public func layout(_ process: ProcessID, _ page: PageNumber) -> PageLayout? {
        let mapping = mapping(process, page)
        guard !mapping.isHole else { return nil }
        let frame = frameMapped(process, page)
        return PageLayout(
            mapping: mapping, flags: areaFlags(process, page), startsArea: self[.page(process, page, .areaStart)] != 0,
            content: frame.map { self[.frame($0, .content)] }, zone: frame.map { frameZone($0) } ?? .normal)
    }

    /// What lies at each page of the process's address space; nil for a hole.
    public func areas(_ process: ProcessID) -> [(mapping: Mapping, flags: AreaFlags, starts: Bool)?] {
        // Read from a copy: of a state that must stay as it is each reading would copy all cells.
        var state = self
        return state.readAreas(process)
    }

    private mutating func readAreas(_ process: ProcessID) -> [(mapping: Mapping, flags: AreaFlags, starts: Bool)?] {
        var areas = [(mapping: Mapping, flags: AreaFlags, starts: Bool)?](repeating: nil, count: Bounds.pages)
        for index in 0..<Bounds.pages {
            let mapping = mapping(process, PageNumber(index))
            guard !mapping.isHole else { continue }
            let starts = self[.page(process, PageNumber(index), .areaStart)] != 0 || index == 0 || areas[index - 1] == nil
            areas[index] = (mapping, areaFlags(process, PageNumber(index)), starts)
        }
        return areas
    }

    /// What a backing page stores before the first step, and of which kind it is.
    public func backing(_ page: BackingPage) -> (kind: BackingKind, stored: Int) {
        (backingKind(page), self[.backing(page, .stored)])
    }

    /// True if processes may have so many areas only.
    public var hasAreaLimit: Bool { self[.global(.areaLimit)] != 0 }

    /// True once the process has ended.
    public func hasEnded(_ process: ProcessID) -> Bool { self[.process(process, .life)] == 2 }

    /// True while the process lives.
    public func lives(_ process: ProcessID) -> Bool { isAlive(process) }
}
