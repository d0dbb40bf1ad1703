// KernelState+Tables.swift - page tables, areas, holders and actors by their meaning.
//
// Owns: typed reading and writing of cells. Does not: rules.

extension KernelState {
    @inline(__always)
    func entry(_ process: ProcessID, _ page: PageNumber) -> PageTableEntry {
        PageTableEntry(code: self[.page(process, page, .entry)])
    }

    @inline(__always)
    func entryFlags(_ process: ProcessID, _ page: PageNumber) -> EntryFlags {
        EntryFlags(rawValue: self[.page(process, page, .entryFlags)])
    }

    @inline(__always)
    mutating func setEntry(_ process: ProcessID, _ page: PageNumber, _ entry: PageTableEntry, _ flags: EntryFlags) {
        self[.page(process, page, .entry)] = entry.code
        self[.page(process, page, .entryFlags)] = flags.rawValue
    }

    @inline(__always)
    func mapping(_ process: ProcessID, _ page: PageNumber) -> Mapping {
        Mapping(code: self[.page(process, page, .mapping)])
    }

    @inline(__always)
    func areaFlags(_ process: ProcessID, _ page: PageNumber) -> AreaFlags {
        AreaFlags(rawValue: self[.page(process, page, .areaFlags)])
    }

    mutating func setAreaFlags(_ process: ProcessID, _ page: PageNumber, _ flags: AreaFlags) {
        self[.page(process, page, .areaFlags)] = flags.rawValue
    }

    func backingKind(_ backing: BackingPage) -> BackingKind { BackingKind(rawValue: self[.backing(backing, .kind)])! }

    @inline(__always)
    func isAlive(_ process: ProcessID) -> Bool { self[.process(process, .life)] == 1 }

    /// Virtual memory areas of the address space.
    public func areaCount(_ process: ProcessID) -> Int {
        var count = 0
        for page in 0..<Bounds.pages where self[.page(process, PageNumber(page), .mapping)] != 0 {
            if self[.page(process, PageNumber(page), .areaStart)] != 0 { count += 1 }
        }
        return count
    }

    @inline(__always)
    func frame(of actor: ActorID) -> PageFrameNumber? {
        let code = self[.actor(actor, .frame)]
        return code == 0 ? nil : PageFrameNumber(code - 1)
    }

    @inline(__always)
    func newFrame(of actor: ActorID) -> PageFrameNumber? {
        let code = self[.actor(actor, .newFrame)]
        return code == 0 ? nil : PageFrameNumber(code - 1)
    }

    @inline(__always)
    func hold(_ actor: ActorID) -> Hold { Hold(rawValue: self[.actor(actor, .hold)])! }

    @inline(__always)
    func lock(_ actor: ActorID) -> MapLock { MapLock(rawValue: self[.actor(actor, .lock)])! }

    func life(_ region: RegionID) -> RegionLife { RegionLife(rawValue: self[.region(region, .life)])! }

    func kind(_ region: RegionID) -> HolderKind { HolderKind(rawValue: self[.region(region, .kind)])! }

    func access(_ region: RegionID) -> RegionAccess { RegionAccess(rawValue: self[.region(region, .access)]) }

    func owner(_ region: RegionID) -> ProcessID { ProcessID(self[.region(region, .owner)]) }

    func slotFrame(_ region: RegionID, _ slot: Int) -> PageFrameNumber? {
        let code = self[.slot(region, slot, .frame)]
        return code == 0 ? nil : PageFrameNumber(code - 1)
    }

    func slotFlags(_ region: RegionID, _ slot: Int) -> SlotFlags {
        SlotFlags(rawValue: self[.slot(region, slot, .flags)])
    }

    mutating func setSlot(_ region: RegionID, _ slot: Int, _ frame: PageFrameNumber?, _ flags: SlotFlags) {
        self[.slot(region, slot, .frame)] = frame.map { $0.index + 1 } ?? 0
        self[.slot(region, slot, .flags)] = flags.rawValue
    }

    /// Lets go of the frame that the actor looks at, and frees it if that was the last reference.
    mutating func dropLook(_ actor: ActorID) {
        guard let frame = frame(of: actor) else { return }
        self[.actor(actor, .frame)] = 0
        self[.actor(actor, .hold)] = 0
        freeIfUnused(frame)
    }

    /// Swaps the values of two cells.
    mutating func exchange(_ first: Cell, _ second: Cell) {
        (self[first], self[second]) = (self[second], self[first])
    }

    /// Subtracts from a counter and notes if it would go below zero.
    mutating func subtract(_ amount: Int, from cell: Cell) {
        if self[cell] < amount {
            self[.global(.accountingUnderflow)] = 1
            self[cell] = 0
        } else {
            self[cell] -= amount
        }
    }
}
