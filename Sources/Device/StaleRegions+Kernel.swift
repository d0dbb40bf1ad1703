// StaleRegions+Kernel.swift - registrations that end by what the kernel tells of their memory.
//
// Owns: what follows from each of its events. Whoever changes watched memory (free, realloc, a call by syscall(2)) goes on when
// its event is read, before this; so peers, and threads of this process, wait for `mappingChangesHandled` before they use a key.
// Linux counterpart: mmu_notifier, by which a driver hears of the same.
// Locking: a thread of its own takes `lock`, which is held through the program's calls; it never waits for posters, who may be
// waiting for it.

import Fabric
import Platform
import Verbs

extension StaleRegions {
    /// Begins to hear; nil where the kernel does not tell, which is said once.
    func hearFromKernel(_ process: DeviceProcess) -> MappingEvents? {
        do {
            let events = try process.member.mappingEvents()
            try events.listen { [unowned self] change in MappingWatch.unwatched { act(on: change) } }
            return events
        } catch {
            Host.writeStandardError(
                """
                verbena: --stale strict hears only the program's calls of the C library's mmap, munmap, mremap, madvise and shmdt: \
                the kernel does not tell of others (\(error)). What helps: verbena doctor

                """)
            return nil
        }
    }

    private func act(on change: MappingChange) {
        guard let process else { return }
        let dead = lock.whileHeld { () -> [Ended] in
            note(change)
            return takeEnded()
        }
        let over = expire(dead, process)
        process.view.header.mappingChangesHandled.add(1)
        explain(over)
    }

    /// `lock` is held. What the program's own call has told already ends nothing any more.
    private func note(_ change: MappingChange) {
        switch change {
        case .unmapped(let address, let byteCount): unmapped(address: address, byteCount: byteCount)
        case .moved(let address, let byteCount, let place):
            moved(address: address, byteCount: byteCount, to: place, byteCount: byteCount)
        case .dropped(let address, let byteCount): dropped(address: address, byteCount: byteCount)
        case .none: break
        }
    }
}
