// MappingWatch.swift - hears of the program's calls that change its mappings and its locks.
//
// Owns: the watcher, one a process; a forked child has none until it sets its own. Does not: see changes that the C library
// makes of its own, or calls by syscall(2).
// Locking: the watcher's; `begin` and `end` stand around the program's call and what is told of it.
import CPlatform
import Synchronization

/// The watcher that is told.
public enum MappingWatch {
    private static let current = Atomic<UInt>(0)
    /// In place of an answer.
    private static let leftToKernel: Int32 = 1

    /// Tells this watcher from now on. Kept for ever: a call may be telling it.
    public static func set(_ watcher: any MappingWatcher) {
        let kept = unsafe Unmanaged.passRetained(Kept(watcher)).toOpaque()
        current.store(UInt(bitPattern: kept), ordering: .releasing)
        var table = verbena_mapping_watch(
            begin: { MappingWatch.watcher?.begin() ?? false },
            end: { MappingWatch.watcher?.end() },
            unmapped: { MappingWatch.watcher?.unmapped(address: $0, byteCount: $1) },
            moved: { MappingWatch.watcher?.moved(address: $0, byteCount: $1, to: $2, byteCount: $3, keepsOld: $4) },
            let_go: { MappingWatch.watcher?.letGo(address: $0, byteCount: $1) },
            watch_again: { MappingWatch.watcher?.watchAgain(address: $0, byteCount: $1) },
            join: { MappingWatch.watcher?.join(address: $0, byteCount: $1) ?? false },
            part: { MappingWatch.watcher?.part(address: $0, byteCount: $1) },
            forbade: { MappingWatch.watcher?.forbade(address: $0, byteCount: $1) },
            allow: { MappingWatch.watcher?.allow(address: $0, byteCount: $1) ?? MappingWatch.leftToKernel },
            drop: { MappingWatch.watcher?.drop(address: $0, byteCount: $1) ?? -ErrorNumber.invalidArgument },
            dropped: { MappingWatch.watcher?.dropped(address: $0, byteCount: $1) },
            locked: { MappingWatch.watcher?.locked(address: $0, byteCount: $1) },
            locked_all: { MappingWatch.watcher?.lockedAll() },
            unlock: { MappingWatch.watcher?.unlock(address: $0, byteCount: $1) ?? MappingWatch.leftToKernel },
            unlocked_all: { MappingWatch.watcher?.unlockedAll() })
        unsafe verbena_watch_mappings(&table)
    }

    /// Runs the watcher's own work: calls of this thread in it, an allocator's too, are not told of.
    public static func unwatched<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = verbena_mapping_watch_pause()
        defer { verbena_mapping_watch_resume(before) }
        return try body()
    }

    private final class Kept: Sendable {
        let watcher: any MappingWatcher
        init(_ watcher: any MappingWatcher) { self.watcher = watcher }
    }

    private static var watcher: (any MappingWatcher)? {
        guard let kept = unsafe UnsafeRawPointer(bitPattern: current.load(ordering: .acquiring)) else { return nil }
        return unsafe Unmanaged<Kept>.fromOpaque(kept).takeUnretainedValue().watcher
    }
}
