// DeviceProcess.swift - everything that the devices of one process share.
//
// Owns: the membership in the fabric, the tables from indices to objects, the key table, the memlock account, the list
// of queue pairs that wait. One at a time: it hangs from one pointer, so that a forked child makes its own afresh.
// Locking: `control` guards the tables' allocation; it is taken before any lock of an object.

import Fabric
import Platform
import Synchronization
import Verbs

/// This process's part of the device.
public final class DeviceProcess: @unchecked Sendable {
    public let member: Member
    public let owner: OwnerWord
    let view: SegmentView
    let holder: HolderIdentity
    let keys: KeyTable
    let memlock: Memlock
    let deviceMemory = DeviceMemoryAccount()
    /// What registrations hold, where the device works by frame (VERBENA_DMA=frame).
    let frames: HeldFrames?
    /// What registrations have locked in memory, where they do (VERBENA_PIN=mlock, by address).
    let locks: MemoryLocks?
    /// Registrations that end with their memory, where they do (VERBENA_STALE=strict, by address).
    let stale: StaleRegions?
    /// Where registered memory is kept from forked children (VERBENA_FORK_PROTECTION=dontfork).
    let forkProtector: ForkProtector?
    let domains = ProtectionDomainTable()
    /// Other processes' memory, imported.
    let far = FarMemories()
    /// Whoever was given a command descriptor of this process knows it. In no memory that is shared.
    let importWord = UInt64.random(in: 1...UInt64.max)
    let leases = LeaseTable()
    let windows = MemoryWindowTable()
    let multicast = MulticastTable()
    let queuePairs: ObjectTable<QueuePair>
    let completionQueues: ObjectTable<CompletionQueue>
    let sharedReceiveQueues: ObjectTable<SharedReceiveQueue>
    let protectionDomains = ObjectCount(maximum: DeviceLimits.standard.maxProtectionDomains)
    let addressHandles = ObjectCount(maximum: DeviceLimits.standard.maxAddressHandles)
    let waiting = WaitingList()
    let moderated = ModeratedQueues()
    /// Targets of extended connections that their maker has destroyed and others still have open.
    let orphans = WaitingList()
    /// Held while peers' requests to copy are worked on: by the agent, or by a poster that waits for another's.
    let serving = PrivateLock()
    private let control = PrivateLock()
    private let keeping = PrivateLock()
    /// The thread that holds `serving`; 0 for none.
    let servingThread = Atomic<UInt>(0)
    private let openings = Atomic<UInt32>(0)
    private var nextQueuePairStart = 0

    private init() throws(SystemError) {
        owner = try OwnerWord()
        member = try Member(owner: owner)
        view = member.view
        holder = member.holder
        keys = KeyTable(view: member.view)
        memlock = Memlock(view: member.view)
        frames = Host.environment("VERBENA_DMA") == "frame" ? try HeldFrames() : nil
        frames?.install()
        far.install()
        locks = frames == nil && Host.environment("VERBENA_PIN") == "mlock" ? MemoryLocks(owner: owner) : nil
        forkProtector = ForkProtection.chosen == .dontfork ? ForkProtector(owner: owner) : nil
        stale = frames == nil && Host.environment("VERBENA_STALE") == "strict" ? StaleRegions(owner: owner) : nil
        queuePairs = ObjectTable(capacity: SegmentLayout.queuePairCount)
        completionQueues = ObjectTable(capacity: SegmentLayout.completionQueueCount)
        sharedReceiveQueues = ObjectTable(capacity: SegmentLayout.sharedReceiveQueueCount)
        try GuardedCopy.install()
        watchMappings()
        member.addWork(self)
        keepFromChildren()
    }

    private func watchMappings() {
        stale?.attach(to: self)
        guard locks != nil || forkProtector != nil || stale != nil else { return }
        MappingWatch.set(MappingWatchers(locks: locks, forkProtector: forkProtector, stale: stale))
    }

    private static let creation = Atomic<UInt32>(0)
    nonisolated(unsafe) private static var current: DeviceProcess?

    /// This process's device state; made at the first call, and again at the first call in a forked child.
    static func shared() throws(VerbsErrno) -> DeviceProcess {
        lockCreation()
        defer { creation.store(0, ordering: .releasing) }
        if let known = unsafe current, known.owner.isOwn { return known }
        // What a child inherited is its parent's: never touched again, so never freed.
        if let inherited = unsafe current { _ = unsafe Unmanaged.passRetained(inherited) }
        do {
            let fresh = try DeviceProcess()
            unsafe current = fresh
            return fresh
        } catch {
            let remedy = error.number == ErrorNumber.outOfMemory
                ? " The tables that processes share take 4 GiB of addresses, though little memory: raise ulimit -v."
                : error.number == ErrorNumber.tooManyDescriptors ? " Raise ulimit -n." : ""
            Host.writeStandardError("verbena: cannot join the fabric: \(error).\(remedy)\n")
            throw VerbsErrno(rawValue: error.number)
        }
    }

    /// A child may inherit this word locked; its holder's thread does not exist there, so the word names its process.
    private static func lockCreation() {
        let ours = UInt32(bitPattern: Host.processNumber)
        var rounds = 0
        while true {
            let (exchanged, seen) = creation.compareExchange(expected: 0, desired: ours, ordering: .acquiring)
            if exchanged { return }
            if seen != ours, creation.compareExchange(expected: seen, desired: ours, ordering: .acquiring).exchanged { return }
            rounds += 1
            if rounds > 100 { Clock.sleep(nanoseconds: 20_000) } else { Clock.yield() }
        }
    }

    /// After names of this process have come or are to go. Their descriptors are closed only after this.
    func keepFromChildren() {
        keeping.withLock {
            InheritedDescriptors.replace(
                by: member.descriptorsNotForChildren() + multicast.descriptors() + leases.descriptors()
                    + (stale?.events.map { [$0.descriptor] } ?? []))
        }
    }

    /// A number for one more opened device.
    func newContext() -> UInt32 { openings.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Ends what other processes may have imported by this place among the keys; no copy of theirs is under way then.
    func endObject(_ handle: MemoryKey) {
        _ = keys.invalidate(handle)
        waitForCopies()
        keys.release(handle)
    }

    /// An unused queue pair index with a number of this process; nil when there is none left.
    func claimQueuePairIndex() -> Int? {
        control.withLock { () -> Int? in
            if let found = queuePairs.claim(below: member.queuePairCount) { return found }
            guard member.addBlock() else { return nil }
            keepFromChildren()
            return queuePairs.claim(below: member.queuePairCount)
        }
    }

    /// An unused shared receive queue index whose number is one of this process's; nil when there is none left.
    func claimSharedReceiveQueueIndex() -> Int? {
        control.withLock { () -> Int? in
            let bound = min(member.queuePairCount, SegmentLayout.sharedReceiveQueueCount)
            if let found = sharedReceiveQueues.claim(below: bound) { return found }
            guard bound < SegmentLayout.sharedReceiveQueueCount, member.addBlock() else { return nil }
            keepFromChildren()
            return sharedReceiveQueues.claim(below: min(member.queuePairCount, SegmentLayout.sharedReceiveQueueCount))
        }
    }

    /// Waits until every queue pair that a poster holds now has been let go: nobody acts any more under a key that was
    /// withdrawn before this call.
    func waitForPosters() {
        for queuePair in queuePairs.all() where queuePair.entry.lock.isHeld { queuePair.entry.lock.waitUntilReleased() }
        for queue in sharedReceiveQueues.all() where queue.entry.responderLock.isHeld {
            queue.entry.responderLock.waitUntilReleased()
        }
        // A poster may have gone without waiting for the copy that it asked us for.
        waitForCopies()
    }

    /// Ends those orphans that everybody has let go of.
    func buryOrphans() {
        guard !orphans.isEmpty else { return }
        for queuePair in orphans.all() where queuePair.isOpenedByNobody() {
            orphans.remove(queuePair)
            queuePair.bury()
        }
    }

    func queuePairNumber(at index: Int) -> QueuePairNumber { member.queuePairNumber(at: index) }
}
