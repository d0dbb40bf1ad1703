// KeyTable.swift - gives out memory keys and writes their entries in the segment.
//
// Owns: which indices are free, and the generation of each. Does not: check access (Verbs), hold regions.
// Locking: `lock`. Withdrawing a key ends with a wait for everyone who may be acting under it; see KeyEntry.

import Fabric
import Platform
import Verbs

/// The memory keys of this process.
final class KeyTable: @unchecked Sendable {
    private let view: SegmentView
    private let lock = PrivateLock()
    private let state = LockedState(State())

    private struct State {
        var freed: [UInt32] = []
        /// By index; the first one is never handed out.
        var slots = [Slot()]
        var serial: UInt64 = 0
    }

    private struct Slot {
        var generation: UInt8 = 0
        /// While the key is valid: its region, where no peer can change it. The agent checks peers' requests by this.
        var known: KnownKey?
    }

    private struct KnownKey {
        let descriptor: RegionDescriptor
        let start: UInt64
        /// The only queue pair whose peers may use it: a type 2 window's.
        let queuePair: QueuePairNumber?
    }

    init(view: SegmentView) { self.view = view }

    /// Publishes a region under a new key; nil when all keys are taken.
    func publish(
        start: UInt64, byteCount: UInt64, virtualStart: UInt64, protectionDomain: ProtectionDomainNumber,
        access: AccessFlags,
        file: (descriptor: Int32, offset: UInt64)?
    ) -> MemoryKey? {
        lock.withLock { () -> MemoryKey? in
            guard let key = claim(), let entry = view.key(key) else { return nil }
            entry.start.store(start)
            entry.byteCount.store(byteCount)
            entry.virtualStart.store(virtualStart)
            entry.protectionDomain.store(protectionDomain.rawValue)
            entry.access.store(access.rawValue)
            entry.window.store(0)
            entry.file.store(UInt32(bitPattern: (file?.descriptor ?? -1) + 1))
            entry.fileOffset.store(file?.offset ?? 0)
            show(key, entry, start: start, queuePair: nil)
            return key
        }
    }

    /// What other processes may import by its handle, a key's index: device memory, or a protection domain, which has no bytes.
    /// - Parameter context: counts the process's openings of a device: of which one it is.
    func publish(objectAt start: UInt64, byteCount: UInt64, access: AccessFlags, context: UInt32) -> MemoryKey? {
        publish(
            start: start, byteCount: byteCount, virtualStart: 0, protectionDomain: ProtectionDomainNumber(rawValue: 0),
            access: access.union(.object), file: (-1, UInt64(context)))
    }

    /// A key that stands for nothing yet: a window's, before it is bound.
    func reserve() -> MemoryKey? {
        lock.withLock { () -> MemoryKey? in
            guard let key = claim(), let entry = view.key(key) else { return nil }
            entry.key.store(0)
            return key
        }
    }

    /// Publishes a window over a part of a region.
    /// - Parameter queuePair: the only one whose peers may use it; nil for type 1.
    func publish(
        window key: MemoryKey, kind: MemoryWindowKind, over region: MemoryKey, _ binding: MemoryWindowBinding,
        queuePair: QueuePairNumber?
    ) {
        guard let entry = view.key(key), let parent = view.key(region) else { return }
        lock.withLock {
            let start = parent.translate(binding.start)
            entry.start.store(start)
            entry.byteCount.store(binding.length)
            entry.virtualStart.store(binding.access.contains(.zeroBased) ? 0 : binding.start)
            entry.protectionDomain.store(parent.protectionDomain.load())
            entry.access.store(binding.access.union(parent.isWatched ? [.window, .watched] : .window).rawValue)
            entry.window.store(UInt32(kind.rawValue) | (queuePair?.rawValue ?? 0) << 8)
            entry.file.store(parent.file.load())
            entry.fileOffset.store(parent.fileOffset.load() &+ (start &- parent.start.load()))
            show(key, entry, start: start, queuePair: queuePair)
        }
    }

    /// Makes a filled entry valid.
    private func show(_ key: MemoryKey, _ entry: KeyEntry, start: UInt64, queuePair: QueuePairNumber?) {
        state.value.serial += 1
        entry.serial.store(state.value.serial)
        entry.touched.store(0)
        entry.key.publish(key.rawValue)
        setKnown(key, KnownKey(descriptor: entry.descriptor, start: start, queuePair: queuePair))
    }

    private func known(_ key: MemoryKey) -> KnownKey? {
        let index = Int(key.index)
        // What a peer asks for may name no slot of ours.
        return index < state.value.slots.count ? state.value.slots[index].known : nil
    }

    private func setKnown(_ key: MemoryKey, _ known: KnownKey?) {
        let index = Int(key.index)
        if index < state.value.slots.count { state.value.slots[index].known = known }
    }

    private func claim() -> MemoryKey? {
        if let index = state.value.freed.popLast() {
            let generation = state.value.slots[Int(index)].generation &+ 1
            state.value.slots[Int(index)].generation = generation
            return MemoryKey(index: index, generation: generation)
        }
        let index = state.value.slots.count
        guard index < SegmentLayout.keyCount else { return nil }
        state.value.slots.append(Slot(generation: 1))
        view.header.keyBound.publish(UInt32(index + 1))
        return MemoryKey(index: UInt32(index), generation: 1)
    }

    /// Gives a valid key other rights and another protection domain. At no moment does it allow what neither the old nor
    /// the new ones do. True when a peer may still be acting by the old ones.
    func change(
        _ key: MemoryKey, from old: AccessFlags, to access: AccessFlags, protectionDomain: ProtectionDomainNumber
    ) -> Bool {
        guard let entry = view.key(key) else { return false }
        lock.withLock {
            let mark: AccessFlags = entry.isWatched ? .watched : []
            entry.access.exchange(old.intersection(access).union(mark).rawValue)
            entry.protectionDomain.exchange(protectionDomain.rawValue)
            entry.access.exchange(access.union(mark).rawValue)
            if let before = known(key) {
                setKnown(key, KnownKey(descriptor: entry.descriptor, start: before.start, queuePair: before.queuePair))
            }
        }
        nextEpoch()
        return entry.touched.acquire() != 0
    }

    /// What was resolved by keys before is looked up again.
    private func nextEpoch() {
        if view.header.keyEpoch.add(1) == 0 { view.header.keyEpoch.add(1) }
    }

    /// Makes a key invalid. True when a peer may still be acting under it: the caller then waits before it reuses or
    /// releases anything.
    func invalidate(_ key: MemoryKey) -> Bool {
        guard let entry = view.key(key) else { return false }
        lock.withLock { setKnown(key, nil) }
        entry.key.exchange(0)
        nextEpoch()
        return entry.touched.acquire() != 0
    }

    /// Makes a key invalid and gives its index back, after `wait` where a peer may still be acting under it.
    func end(_ key: MemoryKey, _ wait: () -> Void) {
        guard let entry = view.key(key) else { return }
        let isTouched = lock.withLock { () -> Bool in
            setKnown(key, nil)
            entry.key.exchange(0)
            nextEpoch()
            if entry.touched.acquire() != 0 { return true }
            free(key)
            return false
        }
        guard isTouched else { return }
        wait()
        release(key)
    }

    /// Makes a key invalid that may have been withdrawn meanwhile, and its index given to another; false if it was. Who acted
    /// under it may still be acting.
    func expire(_ key: MemoryKey) -> Bool {
        guard let entry = view.key(key) else { return false }
        let isOurs = lock.withLock { () -> Bool in
            guard entry.key.acquire() == key.rawValue else { return false }
            setKnown(key, nil)
            entry.key.exchange(0)
            return true
        }
        nextEpoch()
        return isOurs
    }

    /// Where the bytes of an access are, if a valid key grants it, by our own memory of it.
    func place(
        of key: MemoryKey, address: UInt64, length: UInt64, protectionDomain: ProtectionDomainNumber,
        queuePair: QueuePairNumber?, use: RegionUse
    ) -> UInt64? {
        if view.key(key)?.isWatched == true { view.header.awaitMappingChanges() }
        return lock.withLock { () -> UInt64? in
            guard let region = known(key), region.queuePair == nil || region.queuePair == queuePair,
                AccessCheck.check(
                    region.descriptor, key: key, address: address, length: length, protectionDomain: protectionDomain,
                    use: use) == .granted
            else { return nil }
            if region.descriptor.access.contains(.null) { return FrameAddress.null }
            return region.start &+ (address &- region.descriptor.start)
        }
    }

    /// Gives an invalid key's index back.
    func release(_ key: MemoryKey) { lock.withLock { free(key) } }

    private func free(_ key: MemoryKey) {
        // A window's owner has chosen generations too.
        state.value.slots[Int(key.index)].generation = key.generation
        state.value.freed.append(key.index)
    }
}
