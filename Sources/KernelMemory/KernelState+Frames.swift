// KernelState+Frames.swift - who holds a frame, and when it is free.
//
// Owns: the counts that Linux keeps in struct page (_mapcount, _refcount, _pincount), here computed from the holders; allocation and
// release of frames. Does not: decide who may take a reference (Machine does).

extension KernelState {
    /// The page of zeroes.
    public static var zeroFrame: PageFrameNumber { PageFrameNumber(Bounds.frames - 1) }

    @inline(__always)
    func use(_ frame: PageFrameNumber) -> FrameUse { FrameUse(rawValue: self[.frame(frame, .use)])! }

    func isAnonymous(_ frame: PageFrameNumber) -> Bool {
        let use = use(frame)
        return use == .anonymous || use == .sameMerged
    }

    func part(_ frame: PageFrameNumber) -> FolioPart { FolioPart(rawValue: self[.frame(frame, .folio)])! }

    func isHuge(_ frame: PageFrameNumber) -> Bool { self[.frame(frame, .folio)] != FolioPart.single.rawValue }

    @inline(__always)
    func isHugetlb(_ frame: PageFrameNumber) -> Bool {
        let part = part(frame)
        return part == .hugetlbHead || part == .hugetlbTail
    }

    func zone(_ frame: PageFrameNumber) -> Zone { Zone(rawValue: self[.frame(frame, .zone)])! }

    /// The frames of the folio that `frame` belongs to: itself, or a head and its tail.
    @inline(__always)
    func folio(_ frame: PageFrameNumber) -> ClosedRange<Int> {
        switch part(frame) {
        case .single: return frame.index...frame.index
        case .head, .hugetlbHead: return frame.index...(frame.index + 1)
        case .tail, .hugetlbTail: return (frame.index - 1)...frame.index
        }
    }

    /// Page-table entries that map the frame, device-private and flushed ones included.
    func mapCount(_ frame: PageFrameNumber) -> Int {
        let present = UInt8(frame.index &+ 1)
        let device = UInt8(128 &+ frame.index)
        let flushed = UInt8(192 &+ frame.index)
        var count = 0
        for offset in 0..<(Bounds.processes &* Bounds.pages) {
            let code = cells[offset]
            if code == present || code == device || code == flushed { count &+= 1 }
        }
        return count
    }

    /// Migration entries that will become mappings of the frame again.
    func migrationEntries(_ frame: PageFrameNumber) -> Int {
        var count = 0
        for offset in 0..<(Bounds.processes &* Bounds.pages) where cells[offset] == UInt8(64 &+ frame.index) { count &+= 1 }
        return count
    }

    /// Page-table entries that name the swap slot.
    func swapReferences(_ slot: SwapSlot) -> Int {
        var count = 0
        for offset in 0..<(Bounds.processes &* Bounds.pages) where cells[offset] == UInt8(32 &+ slot.index) { count &+= 1 }
        return count
    }

    func swapCacheSlot(_ frame: PageFrameNumber) -> SwapSlot? {
        for index in 0..<Bounds.swapSlots where self[.swap(SwapSlot(index), .cache)] == frame.index + 1 { return SwapSlot(index) }
        return nil
    }

    func cachedBacking(_ frame: PageFrameNumber) -> BackingPage? {
        for index in 0..<Bounds.backingPages where self[.backing(BackingPage(index), .cache)] == frame.index + 1 {
            return BackingPage(index)
        }
        return nil
    }

    /// True if some slot or looking actor names the frame: a plain sweep, which most frames do not survive.
    private func isNamed(_ name: UInt8) -> Bool {
        var found: UInt8 = 0
        for slot in 0..<32 { found |= cells[Cell.slotBase &+ slot] == name ? 1 : 0 }
        for actor in 0..<8 { found |= cells[Cell.actorBase &+ 3 &+ Cell.actorStride &* actor] == name ? 1 : 0 }
        return found != 0
    }

    /// Holders of the frame itself that carry `flag`, and actors that hold it so.
    private func holders(_ frame: PageFrameNumber, _ flag: SlotFlags, _ hold: Hold) -> Int {
        let name = UInt8(frame.index &+ 1)
        var count = 0
        guard isNamed(name) else { return 0 }
        for slot in 0..<(Bounds.regions &* Bounds.pages) where cells[Cell.slotBase &+ slot] == name {
            if Int(cells[Cell.slotBase &+ Bounds.regions &* Bounds.pages &+ slot]) & flag.rawValue != 0 { count &+= 1 }
        }
        for actor in 0..<Bounds.actors where self[.actor(ActorID(actor), .frame)] == frame.index &+ 1 {
            if self[.actor(ActorID(actor), .hold)] == hold.rawValue { count &+= 1 }
        }
        return count
    }

    /// Pins of the frame's folio: exact for a large folio, per frame for a small one.
    func pins(_ frame: PageFrameNumber) -> Int {
        var count = 0
        for index in folio(frame) { count += holders(PageFrameNumber(index), .pinned, .pin) }
        return count
    }

    /// Plain references of the frame's folio.
    func plainReferences(_ frame: PageFrameNumber) -> Int {
        var count = 0
        for index in folio(frame) { count += holders(PageFrameNumber(index), .referenced, .reference) }
        return count
    }

    /// Operations that own the frame as new and not yet mapped.
    private func newOwners(_ frame: PageFrameNumber) -> Int {
        var count = 0
        for actor in 0..<Bounds.actors where self[.actor(ActorID(actor), .newFrame)] == frame.index &+ 1 { count &+= 1 }
        return count
    }

    /// page_count of the folio, in references; a pin counts as one here.
    func references(_ frame: PageFrameNumber) -> Int {
        var count = 0
        for index in folio(frame) {
            let member = PageFrameNumber(index)
            count += mapCount(member) + newOwners(member) + self[.frame(member, .baseReferences)]
            if swapCacheSlot(member) != nil { count += 1 }
            if cachedBacking(member) != nil { count += 1 }
        }
        return count + pins(frame) + plainReferences(frame)
    }

    /// References that neither a page table nor a cache explains.
    func unexpectedReferences(_ frame: PageFrameNumber) -> Int { pins(frame) + plainReferences(frame) }

    /// Takes the lowest free frame of `zone` for `use`; notes the shortage if there is none.
    mutating func allocate(_ use: FrameUse, zone: Zone = .normal, content: Int = 0) -> PageFrameNumber? {
        for index in 0..<(Bounds.frames - 1) {
            let frame = PageFrameNumber(index)
            guard self[.frame(frame, .use)] == 0, self[.frame(frame, .zone)] == zone.rawValue else { continue }
            take(frame, use, content: content)
            return frame
        }
        if zone == .normal { self[.global(.outOfFrames)] = 1 }
        return nil
    }

    /// Takes two neighbouring free frames as one folio.
    mutating func allocateHuge(hugetlb: Bool) -> PageFrameNumber? {
        for index in stride(from: 0, to: Bounds.frames - 2, by: 2) {
            let (head, tail) = (PageFrameNumber(index), PageFrameNumber(index + 1))
            guard self[.frame(head, .use)] == 0, self[.frame(tail, .use)] == 0 else { continue }
            guard self[.frame(head, .zone)] == Zone.normal.rawValue, self[.frame(tail, .zone)] == Zone.normal.rawValue else {
                continue
            }
            take(head, .anonymous, content: 0)
            take(tail, .anonymous, content: 0)
            self[.frame(head, .folio)] = (hugetlb ? FolioPart.hugetlbHead : .head).rawValue
            self[.frame(tail, .folio)] = (hugetlb ? FolioPart.hugetlbTail : .tail).rawValue
            return head
        }
        self[.global(.outOfFrames)] = 1
        return nil
    }

    private mutating func take(_ frame: PageFrameNumber, _ use: FrameUse, content: Int) {
        self[.frame(frame, .use)] = use.rawValue
        self[.frame(frame, .content)] = content
        self[.frame(frame, .exclusive)] = 0
        self[.frame(frame, .dirty)] = 0
        self[.frame(frame, .folio)] = 0
    }

    /// Frees the frame's folio if nothing refers to it any more, and marks as stale whoever still names it without a reference.
    mutating func freeIfUnused(_ frame: PageFrameNumber) {
        guard frame != KernelState.zeroFrame, self[.frame(frame, .use)] != FrameUse.free.rawValue else { return }
        // Most frames are mapped or cached still: the full count is for those that are not.
        if isMappedOrCached(frame) { return }
        var remaining = references(frame)
        if let slot = swapCacheSlot(frame), swapReferences(slot) == 0, remaining == 1 {
            self[.swap(slot, .cache)] = 0
            self[.swap(slot, .used)] = 0
            self[.swap(slot, .content)] = 0
            remaining = 0
        }
        guard remaining == 0 else { return }
        let members = folio(frame)
        for index in members where migrationEntries(PageFrameNumber(index)) > 0 { return }
        for index in members { free(PageFrameNumber(index)) }
    }

    /// Changes nothing, but is asked where the state changes: a function that only reads would get a copy of all of it.
    private mutating func isMappedOrCached(_ frame: PageFrameNumber) -> Bool {
        let (present, device, flushed) = (UInt8(frame.index &+ 1), UInt8(128 &+ frame.index), UInt8(192 &+ frame.index))
        var found = false
        for offset in 0..<(Bounds.processes &* Bounds.pages) {
            let code = cells[offset]
            found = found || code == present || code == device || code == flushed
        }
        for index in 0..<Bounds.backingPages { found = found || cells[Cell.backing(BackingPage(index), .cache).offset] == present }
        return found
    }

    /// Gives the frame back, whoever still names it.
    mutating func free(_ frame: PageFrameNumber) {
        let content = self[.frame(frame, .content)]
        take(frame, .free, content: 0)
        self[.frame(frame, .kernelMaps)] = 0
        switch FreedFrames(rawValue: self[.global(.freedFrames)])! {
        case .forgotten, .cleared: self[.frame(frame, .ownership)] = 0
        case .kept:
            self[.frame(frame, .content)] = content
            self[.frame(frame, .ownership)] = 0
        case .unmapped:
            self[.frame(frame, .content)] = content
            self[.frame(frame, .ownership)] |= ExclusiveOwnership.unmapped.rawValue
        }
        markStale(frame)
    }

    /// Marks slots and looking actors that name the frame without a reference.
    private mutating func markStale(_ frame: PageFrameNumber) {
        for region in 0..<Bounds.regions {
            for slot in 0..<Bounds.pages where self[.slot(RegionID(region), slot, .frame)] == frame.index + 1 {
                self[.slot(RegionID(region), slot, .flags)] |= SlotFlags.stale.rawValue
            }
        }
        for actor in 0..<Bounds.actors where self[.actor(ActorID(actor), .frame)] == frame.index + 1 {
            if self[.actor(ActorID(actor), .hold)] == Hold.none.rawValue {
                self[.actor(ActorID(actor), .hold)] = Hold.stale.rawValue
            }
        }
    }

    /// Frames in use, the zero page aside.
    public var framesInUse: Int {
        var count = 0
        for index in 0..<(Bounds.frames - 1) {
            let use = self[.frame(PageFrameNumber(index), .use)]
            if use != FrameUse.free.rawValue { count += 1 }
        }
        return count
    }
}
