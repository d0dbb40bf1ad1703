// CellTests.swift - the numbering of cells agrees with the enumerations it is made of.
import Testing

@testable import KernelMemory

struct CellTests {
    @Test func `every field of every thing has a cell of its own`() {
        var seen: Set<Int> = []
        var count = 0
        func note(_ cell: Cell) {
            seen.insert(cell.offset)
            count += 1
        }
        for process in 0..<Bounds.processes {
            for field in ProcessField.allCases { note(.process(ProcessID(process), field)) }
            for page in 0..<Bounds.pages { for field in PageField.allCases { note(.page(ProcessID(process), PageNumber(page), field)) } }
        }
        for frame in 0..<Bounds.frames { for field in FrameField.allCases { note(.frame(PageFrameNumber(frame), field)) } }
        for backing in 0..<Bounds.backingPages { for field in BackingField.allCases { note(.backing(BackingPage(backing), field)) } }
        for slot in 0..<Bounds.swapSlots { for field in SwapField.allCases { note(.swap(SwapSlot(slot), field)) } }
        for region in 0..<Bounds.regions {
            for field in RegionField.allCases { note(.region(RegionID(region), field)) }
            for slot in 0..<Bounds.pages { for field in SlotField.allCases { note(.slot(RegionID(region), slot, field)) } }
        }
        for actor in 0..<Bounds.actors { for field in ActorField.allCases { note(.actor(ActorID(actor), field)) } }
        for variable in 0..<Bounds.variables { note(.variable(VariableID(variable))) }
        for field in GlobalField.allCases { note(.global(field)) }
        for offset in 0..<Cell.busCells { note(.bus(offset)) }
        #expect(seen.count == count)
        // Some kinds of things do not fill the cells that they have.
        #expect(count <= Cell.count)
        #expect(seen.allSatisfy { $0 >= 0 && $0 < Cell.count })
        #expect(Cell.count == KernelState.cellCount)
    }
}
