// ZeroedTable.swift - a table of plain elements, all of whose bytes are zero at first.
//
// Owns: its room. Does not: know what is in it, or check a place, as `StateSet` says.

/// A table of so many elements.
@safe
struct ZeroedTable<Element: BitwiseCopyable>: ~Copyable {
    let base: UnsafeMutablePointer<Element>
    private let room: any TableRoom

    init(_ count: Int, _ memory: TableMemory) {
        room = memory.room(max(1, count * MemoryLayout<Element>.stride))
        unsafe base = room.base.bindMemory(to: Element.self, capacity: count)
    }
}
