// ForkProtector+Application.swift - what the application does meanwhile to memory that it has registered.
//
// Owns: the same calls for the application as it would have without us. Addresses are as the program gave them to the kernel.
// Does not: see calls that the C library makes of its own. Of these only realloc moves memory, and it copies what is cut.
// Counterpart: madvise(2), mremap(2), munmap(2). Locking: `lock`, from `begin` to `end`.

import Fabric
import Platform
import Verbs

// What MappingWatchers tells.
extension ForkProtector {
    func begin() -> Bool { lock.begin() }

    func end() { lock.end() }

    /// The application's MADV_DONTFORK has succeeded, or part of it.
    func applicationForbade(address: UInt64, byteCount: UInt64) {
        if let range = Self.range(address, byteCount) { pages.applicationForbids(range) }
    }

    /// In place of the application's MADV_DOFORK: 0 or -errno; nil leaves it to the kernel.
    func applicationAllows(address: UInt64, byteCount: UInt64) -> Int32? {
        guard Self.pageSize.offset(of: address) == 0, let range = Self.range(address, byteCount),
            !pages.heldParts(in: range).isEmpty
        else { return nil }
        var result: Int32 = 0
        for part in pages.applicationAllows(range) {
            do throws(SystemError) {
                try MappedArea.setForked(true, address: Self.address(part.first), byteCount: Self.byteCount(part))
            } catch {
                if result == 0 { result = -error.number }
            }
        }
        return result
    }

    /// The application has moved, shortened or lengthened a range.
    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64, keepsOld: Bool) {
        guard let range = Self.range(address, byteCount), let target = Self.range(place, newByteCount) else { return }
        for grown in pages.mappingMoved(range, to: target.first, count: target.count, keepsOld: keepsOld) { allow(grown) }
    }

    /// Makes one area again of a range that was cut for registrations. For that moment a fork would copy it.
    func join(address: UInt64, byteCount: UInt64) -> Bool {
        guard let range = Self.range(address, byteCount) else { return false }
        let parts = pages.ours.parts(in: range)
        for part in parts { allow(part) }
        return !parts.isEmpty
    }

    /// Cuts again what `join` has joined, where it is now.
    func part(address: UInt64, byteCount: UInt64) {
        guard let range = Self.range(address, byteCount) else { return }
        for part in pages.ours.parts(in: range) {
            do throws(SystemError) {
                try MappedArea.setForked(false, address: Self.address(part.first), byteCount: Self.byteCount(part))
            } catch {
                explain(error)
            }
        }
    }

    /// What was mapped in a range is gone.
    func unmapped(address: UInt64, byteCount: UInt64) {
        if let range = Self.range(address, byteCount) { pages.mappingEnded(range) }
    }

    private static func range(_ address: UInt64, _ byteCount: UInt64) -> PageRange? {
        let range = pageSize.pages(address: address, length: byteCount)
        return range?.isEmpty == true ? nil : range
    }
}
