// StaleRegions.swift - registrations that end with their memory (VERBENA_STALE=strict).
//
// Owns: which registration covers which pages, and ending those whose pages were unmapped, mapped over, moved or dropped.
// Does not: hear of it by itself: MappingWatchers tells of the program's calls, the kernel of everybody's (StaleRegions+Kernel).
// By address only; on demand is meant to follow.
// When the program's call returns, nobody acts under the key any more; an access at the same time is one or the other. The
// key stays reserved until the program deregisters.
// Locking: `lock` is held through each of the program's calls that change mappings. Ending a key waits for posters, who map
// memory themselves: that comes after `lock` is released.

import Fabric
import Platform
import Verbs

/// The registrations of this process that a change of their mappings ends.
final class StaleRegions: @unchecked Sendable {
    struct Watched {
        let key: MemoryKey
        let request: MemoryRegistrationRequest
        let pages: PageRange
    }

    /// A registration that is over, and what became of its memory.
    typealias Ended = (region: Watched, fate: String)

    let lock: WatchLock
    private(set) unowned var process: DeviceProcess?
    /// What the kernel tells; nil where it does not.
    private(set) var events: MappingEvents?
    /// Says quickly that a change is of no interest.
    private var ledger = PinLedger()
    private var regions: [UInt32: Watched] = [:]
    /// Ended by the call that is going on.
    private var ended: [Ended] = []

    init(owner: OwnerWord) { lock = WatchLock(owner: owner) }

    /// Before the first registration.
    func attach(to process: DeviceProcess) {
        self.process = process
        events = hearFromKernel(process)
    }

    /// A key was published.
    func watch(_ key: MemoryKey, _ request: MemoryRegistrationRequest) {
        guard let pages = PageSize.base4K.pages(address: request.address, length: request.length) else { return }
        // What became of the memory that was there before is not this one's.
        events?.awaitAnnouncements()
        process?.view.header.awaitMappingChanges()
        lock.whileHeld {
            regions[key.index] = Watched(key: key, request: request, pages: pages)
            for added in ledger.add(pages) { events?.watch(added.addresses) }
        }
    }

    /// A key is about to be withdrawn.
    func forget(_ key: MemoryKey) {
        lock.whileHeld { if let region = regions[key.index], region.key == key { remove(region) } }
    }

    private func remove(_ region: Watched) {
        regions[region.key.index] = nil
        for released in ledger.remove(region.pages) { events?.forget(released.addresses) }
    }

    /// Ends what overlaps.
    private func end(_ pages: PageRange, _ fate: @autoclosure () -> String) {
        guard !ledger.held(in: pages).isEmpty else { return }
        for region in regions.values where region.pages.first < pages.end && pages.first < region.pages.end {
            ended.append((region, fate()))
            remove(region)
        }
    }

    /// What has ended since this was last asked. `lock` is held.
    func takeEnded() -> [Ended] {
        defer { ended = [] }
        return ended
    }

    /// Makes the keys invalid; who acts under them may still be acting. What was withdrawn meanwhile is left out.
    func expire(_ dead: [Ended], _ process: DeviceProcess) -> [Ended] {
        dead.filter { item in
            let isOurs = process.keys.expire(item.region.key)
            process.windows.expire(boundTo: item.region.key, process)
            return isOurs
        }
    }

    func explain(_ dead: [Ended]) {
        for (region, fate) in dead {
            Host.writeStandardError(
                """
                verbena: the registration of \(region.request.length) bytes at 0x\(Self.text(region.request.address)) (rkey \
                0x\(Self.text(UInt64(region.key.rawValue)))) has ended, because its memory was \(fate). Accesses fail until it is \
                deregistered. Without --stale strict the device follows what is mapped there.

                """)
        }
    }

    private static func text(_ number: UInt64) -> String { String(number, radix: 16) }
}

// What MappingWatchers tells.
extension StaleRegions {
    func begin() -> Bool { lock.begin() }

    func end() {
        let dead = takeEnded()
        lock.end()
        guard let process, !dead.isEmpty else { return }
        explain(expire(dead, process))
        process.waitForPosters()
    }

    func unmapped(address: UInt64, byteCount: UInt64) {
        guard byteCount > 0, let pages = PageSize.base4K.pages(address: address, length: byteCount) else { return }
        end(pages, "unmapped or mapped over at 0x\(Self.text(address))")
    }

    /// What only grew in its place is still there; what was mapped twice (an old size of 0) too.
    func moved(address: UInt64, byteCount: UInt64, to place: UInt64, byteCount newByteCount: UInt64) {
        if place != address {
            unmapped(address: place, byteCount: newByteCount)
            if byteCount == 0 { return }
            guard let old = PageSize.base4K.pages(address: address, length: byteCount) else { return }
            end(old, "moved from 0x\(Self.text(address)) to 0x\(Self.text(place))")
            forgetUnheld(PageSize.base4K.pages(address: place, length: newByteCount))
        } else if newByteCount < byteCount {
            unmapped(address: address + newByteCount, byteCount: byteCount - newByteCount)
        }
    }

    /// The kernel goes on watching what has moved, where it is now.
    private func forgetUnheld(_ pages: PageRange?) {
        guard let pages, let events else { return }
        for part in ledger.unheld(in: pages) { events.forget(part.addresses) }
    }

    func dropped(address: UInt64, byteCount: UInt64) {
        guard let pages = PageSize.base4K.pages(address: address, length: byteCount) else { return }
        end(pages, "dropped by madvise at 0x\(Self.text(address))")
    }

    func letGo(address: UInt64, byteCount: UInt64) {
        for part in watched(address, byteCount) { events?.forget(part.addresses) }
    }

    func watchAgain(address: UInt64, byteCount: UInt64) {
        for part in watched(address, byteCount) { events?.watch(part.addresses) }
    }

    private func watched(_ address: UInt64, _ byteCount: UInt64) -> [PageRange] {
        guard events != nil, byteCount > 0, let pages = PageSize.base4K.pages(address: address, length: byteCount) else { return [] }
        return ledger.held(in: pages)
    }
}

extension PageRange {
    fileprivate var addresses: Range<UInt64> {
        (first.rawValue * PageSize.base4K.bytes)..<(end.rawValue * PageSize.base4K.bytes)
    }
}
