// HeapRoom.swift - a table's memory on the heap.
//
// Owns: the bytes. Unsafe: an address, given back with the room.

/// A room of the heap.
@safe
final class HeapRoom: TableRoom {
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) {
        unsafe base = .allocate(byteCount: byteCount, alignment: 16)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    deinit { unsafe base.deallocate() }
}
