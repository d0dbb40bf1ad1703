// StaleRegions.swift - registrations that end with their memory (VERBENA_STALE=strict).
//
// Owns: which registration covers which pages, and ending those whose pages were unmapped, mapped over, moved or dropped.
// Does not: see changes that the C library makes of its own (free, realloc), or calls by syscall(2): such a registration
// follows the mappings, as without this. By address only; on demand is meant to follow.
// When the program's call returns, nobody acts under the key any more; an access at the same time is one or the other. The
// key stays reserved until the program deregisters.
// Locking: `lock` is held through each of the program's calls that change mappings. Ending a key waits for posters, who map
// memory themselves: that comes after `lock` is released.

import Fabric
import Platform
import Verbs

/// The registrations of this process that a change of their mappings ends.
final class StaleRegions: @unchecked Sendable {
    private struct Watched {
        let key: MemoryKey
        let request: MemoryRegistrationRequest
        let pages: PageRange
    }

    private let lock: WatchLock
    private unowned var process: DeviceProcess?
    /// Says quickly that a change is of no interest.
    private var ledger = PinLedger()
    private var regions: [UInt32: Watched] = [:]
    /// Ended by the call that is going on, and what it did.
    private var ended: [(region: Watched, fate: String)] = []

    init(owner: OwnerWord) { lock = WatchLock(owner: owner) }

    /// Before the first registration.
    func attach(to process: DeviceProcess) { self.process = process }

    /// A key was published.
    func watch(_ key: MemoryKey, _ request: MemoryRegistrationRequest) {
        guard !request.access.contains(.onDemand),
            let pages = PageSize.base4K.pages(address: request.address, length: request.length)
        else { return }
        lock.whileHeld {
            regions[key.index] = Watched(key: key, request: request, pages: pages)
            _ = ledger.add(pages)
        }
    }

    /// A key is about to be withdrawn.
    func forget(_ key: MemoryKey) {
        lock.whileHeld { if let region = regions[key.index], region.key == key { remove(region) } }
    }

    private func remove(_ region: Watched) {
        regions[region.key.index] = nil
        _ = ledger.remove(region.pages)
    }

    /// Ends what overlaps.
    private func end(_ pages: PageRange, _ fate: @autoclosure () -> String) {
        guard !ledger.held(in: pages).isEmpty else { return }
        for region in regions.values where region.pages.first < pages.end && pages.first < region.pages.end {
            ended.append((region, fate()))
            remove(region)
        }
    }

    private func explain(_ region: Watched, _ fate: String) {
        Host.writeStandardError(
            """
            verbena: the registration of \(region.request.length) bytes at 0x\(Self.text(region.request.address)) (rkey \
            0x\(Self.text(UInt64(region.key.rawValue)))) has ended, because its memory was \(fate). Accesses fail until it is \
            deregistered. Without --stale strict the device follows what is mapped there.

            """)
    }

    private static func text(_ number: UInt64) -> String { String(number, radix: 16) }
}

// What MappingWatchers tells.
extension StaleRegions {
    func begin() -> Bool { lock.begin() }

    func end() {
        let dead = ended
        ended = []
        lock.end()
        guard let process, !dead.isEmpty else { return }
        for (region, fate) in dead {
            process.windows.invalidate(boundTo: region.key, process)
            guard process.keys.expire(region.key) else { continue }
            explain(region, fate)
        }
        process.waitForPosters()
    }

    func unmapped(address: UInt64, byteCount: UInt64) {
        guard let pages = PageSize.base4K.pages(address: address, length: byteCount) else { return }
        end(pages, "unmapped or mapped over at 0x\(Self.text(address))")
    }

    /// What only grew in its place is still there; what was mapped twice (an old size of 0) too.
    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64) {
        if place != address {
            unmapped(address: place, byteCount: newByteCount)
            if byteCount == 0 { return }
            guard let old = PageSize.base4K.pages(address: address, length: byteCount) else { return }
            end(old, "moved from 0x\(Self.text(address)) to 0x\(Self.text(place))")
        } else if newByteCount < byteCount {
            unmapped(address: address + newByteCount, byteCount: byteCount - newByteCount)
        }
    }

    func dropped(address: UInt64, byteCount: UInt64) {
        guard let pages = PageSize.base4K.pages(address: address, length: byteCount) else { return }
        end(pages, "dropped by madvise at 0x\(Self.text(address))")
    }
}
