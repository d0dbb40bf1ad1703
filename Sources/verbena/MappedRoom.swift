// MappedRoom.swift - memory for one table of an exploration, mapped for it alone.
//
// Owns: the mapping, until the table lets it go. Counterpart: mmap(2), madvise(2) MADV_HUGEPAGE.
import Litmus
import Platform

/// A room of fresh pages, which are zero.
@safe
final class MappedRoom: TableRoom {
    private let mapping: Mapping

    init(byteCount: Int) throws(SystemError) {
        mapping = try Mapping.privatePages(byteCount: byteCount)
        mapping.preferLargePages()
    }

    var base: UnsafeMutableRawPointer { unsafe mapping.base }
}
