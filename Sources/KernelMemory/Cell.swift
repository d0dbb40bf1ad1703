// Cell.swift - where each fact of the state lives.
//
// Owns: the numbering of cells, field by field, so that one field of all things is contiguous.
// Does not: give cells a meaning (the extensions of `Machine` do).

/// The place of one small number in a `KernelState`.
public struct Cell: Hashable, Sendable {
    public let offset: Int

    @inline(__always)
    init(_ offset: Int) { self.offset = offset }
}

extension Cell {
    // Written as products of constants, which the compiler folds; a test compares them with the enumerations above.
    @inline(__always) static var pageStride: Int { Bounds.processes &* Bounds.pages }
    @inline(__always) static var processBase: Int { 6 &* pageStride }
    @inline(__always) static var frameBase: Int { processBase &+ 8 &* Bounds.processes }
    @inline(__always) static var backingBase: Int { frameBase &+ 9 &* Bounds.frames }
    @inline(__always) static var swapBase: Int { backingBase &+ 4 &* Bounds.backingPages }
    @inline(__always) static var regionBase: Int { swapBase &+ 3 &* Bounds.swapSlots }
    @inline(__always) static var slotBase: Int { regionBase &+ 9 &* Bounds.regions }
    @inline(__always) static var actorBase: Int { slotBase &+ 2 &* Bounds.regions &* Bounds.pages }
    @inline(__always) static var variableBase: Int { actorBase &+ actorStride &* Bounds.actors }
    @inline(__always) static var globalBase: Int { variableBase &+ Bounds.variables }
    @inline(__always) static var busBase: Int { globalBase &+ 16 }
    static var busCells: Int { 322 }
    /// One actor's cells lie together, in one stretch: a step writes many of them.
    @inline(__always) static var actorStride: Int { 16 }
    /// Cells in use; `KernelState` has exactly as many.
    public static var count: Int { busBase + busCells }

    @inline(__always)
    public static func page(_ process: ProcessID, _ page: PageNumber, _ field: PageField) -> Cell {
        Cell(field.rawValue &* pageStride &+ process.index &* Bounds.pages &+ page.index)
    }

    @inline(__always)
    public static func process(_ process: ProcessID, _ field: ProcessField) -> Cell {
        Cell(processBase &+ field.rawValue &* Bounds.processes &+ process.index)
    }

    @inline(__always)
    public static func frame(_ frame: PageFrameNumber, _ field: FrameField) -> Cell {
        Cell(frameBase &+ field.rawValue &* Bounds.frames &+ frame.index)
    }

    @inline(__always)
    public static func backing(_ backing: BackingPage, _ field: BackingField) -> Cell {
        Cell(backingBase &+ field.rawValue &* Bounds.backingPages &+ backing.index)
    }

    @inline(__always)
    public static func swap(_ slot: SwapSlot, _ field: SwapField) -> Cell {
        Cell(swapBase &+ field.rawValue &* Bounds.swapSlots &+ slot.index)
    }

    @inline(__always)
    public static func region(_ region: RegionID, _ field: RegionField) -> Cell {
        Cell(regionBase &+ field.rawValue &* Bounds.regions &+ region.index)
    }

    @inline(__always)
    public static func slot(_ region: RegionID, _ slot: Int, _ field: SlotField) -> Cell {
        Cell(slotBase &+ field.rawValue &* (Bounds.regions &* Bounds.pages) &+ region.index &* Bounds.pages &+ slot)
    }

    @inline(__always)
    public static func actor(_ actor: ActorID, _ field: ActorField) -> Cell {
        Cell(actorBase &+ actor.index &* actorStride &+ field.rawValue)
    }

    @inline(__always)
    public static func variable(_ variable: VariableID) -> Cell { Cell(variableBase &+ variable.index) }

    @inline(__always)
    public static func global(_ field: GlobalField) -> Cell { Cell(globalBase &+ field.rawValue) }

    /// What the cell at a raw place tells of: a kind of thing and the thing's number. Cells of one thing change together.
    public static func subject(at offset: Int) -> (kind: CellSubject, number: Int) {
        if offset < processBase { return (.process, offset % pageStride / Bounds.pages) }
        if offset < frameBase { return (.process, (offset - processBase) % Bounds.processes) }
        if offset < backingBase { return (.frame, (offset - frameBase) % Bounds.frames) }
        if offset < regionBase { return (.store, 0) }
        if offset < slotBase { return (.region, (offset - regionBase) % Bounds.regions) }
        if offset < actorBase { return (.region, (offset - slotBase) % (Bounds.regions * Bounds.pages) / Bounds.pages) }
        if offset < variableBase { return (.actor, (offset - actorBase) / actorStride) }
        return offset < busBase ? (.scenario, 0) : (.bus, 0)
    }

    /// Cells outside page tables that hold a frame's number plus 1.
    static let frameNames: [Int] = {
        var names: [Int] = []
        for index in 0..<Bounds.backingPages { names.append(Cell.backing(BackingPage(index), .cache).offset) }
        for index in 0..<Bounds.swapSlots { names.append(Cell.swap(SwapSlot(index), .cache).offset) }
        for region in 0..<Bounds.regions {
            for slot in 0..<Bounds.pages { names.append(Cell.slot(RegionID(region), slot, .frame).offset) }
        }
        for actor in 0..<Bounds.actors {
            names.append(Cell.actor(ActorID(actor), .frame).offset)
            names.append(Cell.actor(ActorID(actor), .newFrame).offset)
        }
        return names
    }()

    /// Cells that the message bus lays out by itself.
    @inline(__always)
    static func bus(_ offset: Int) -> Cell { Cell(busBase &+ offset) }
}
