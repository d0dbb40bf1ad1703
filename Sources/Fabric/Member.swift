// Member.swift - this process as a member of the fabric.
//
// Owns: the segment, its heap, the blocks of queue pair numbers with their names, the agent, the word that tells a
// forked child that all this is not its own. Does not: know what a queue pair does (Device).
// Locking: `lock` guards the heap, the listeners and the index tables.

import Platform
import Synchronization
import Verbs

/// This process on the fabric. One at a time; a forked child makes its own.
public final class Member: @unchecked Sendable {
    public let holder: HolderIdentity
    public let fabric: FabricName
    /// This process's own segment.
    public let view: SegmentView
    /// This process as a target.
    public let itself: Peer
    public let owner: OwnerWord
    public let events = EventRegistry()
    let directory: PeerDirectory
    private let hello: Hello
    private let bell: OwnedDescriptor
    /// How peers name what wakes this process's agent.
    public let bellName: EventName
    private let mapping: Mapping
    private let descriptor: OwnedDescriptor
    private let lock = PrivateLock()
    private var heap: SegmentHeap
    private var sockets: [Int32] = []
    /// The blocks that are ours. Peers read them in the header; we do not, because a peer could have written there.
    private var blocks: [UInt32] = []
    private var agent: Agent?

    /// Creates the segment, takes a first block of queue pair numbers and starts the agent.
    public init(owner: OwnerWord) throws(SystemError) {
        self.owner = owner
        fabric = FabricName.current()
        descriptor = try SharedMemory.create(byteCount: SegmentLayout.byteCount)
        mapping = try Mapping.shared(descriptor: descriptor.number, byteCount: SegmentLayout.byteCount)
        mapping.keepFromChildren()
        view = unsafe SegmentView(base: mapping.base)
        bell = try EventDescriptor.create(semaphore: false, blocking: false)
        bellName = try events.register(bell.number)
        guard let (block, socket) = Self.claimBlock(on: fabric) else {
            throw SystemError(number: ErrorNumber.addressInUse, call: "bind")
        }
        holder = HolderIdentity(block: block, nonce: UInt64.random(in: 1...UInt64.max))
        hello = Hello(holder: holder, pid: Host.processNumber, segmentAddress: view.address)
        Self.fill(view.header, hello)
        unsafe ForkGuard.markForks(in: mapping.base + SegmentHeader.sharesFramesOffset)
        HolderIdentity.join(fabric, as: holder)
        Host.setPtracerAny()
        itself = try Peer(itself: hello, view: view, bell: bell.number)
        directory = PeerDirectory(fabric: fabric)
        heap = SegmentHeap(
            offset: SegmentLayout.heapOffset, byteCount: SegmentLayout.byteCount - SegmentLayout.heapOffset)
        adopt(block, socket)
        let agent = Agent(member: self, bell: bell.number)
        self.agent = agent
        try agent.start()
    }

    private static func fill(_ header: SegmentHeader, _ hello: Hello) {
        header.pid.store(UInt32(bitPattern: hello.pid))
        header.holder.store(hello.holder.rawValue)
        header.keyEpoch.store(1)
        header.magic.publish(SegmentLayout.magic)
    }

    /// Begins to hear from the kernel of changes of watched memory: once at most.
    public func mappingEvents() throws(SystemError) -> MappingEvents {
        try unsafe MappingEvents(
            announced: (mapping.base + SegmentHeader.mappingChangesOffset).assumingMemoryBound(to: UInt32.self),
            epoch: (mapping.base + SegmentHeader.keyEpochOffset).assumingMemoryBound(to: UInt32.self))
    }

    /// The process behind a queue pair number; nil when nobody answers (yet).
    public func peer(for number: QueuePairNumber, mayWait: Bool) -> Peer? {
        directory.peer(block: number.rawValue / UInt32(SegmentLayout.queuePairsPerBlock), mayWait: mayWait)
    }

    /// The living process that this word names; nil when it has ended, or is none.
    public func peer(named holder: HolderIdentity) -> Peer? {
        guard let peer = directory.peer(block: holder.block, mayWait: true), peer.holder == holder, peer.stillRuns() else { return nil }
        return peer
    }

    public func addWork(_ work: any AgentWork) { agent?.add(work) }
    public func removeWork(_ work: any AgentWork) { agent?.remove(work) }

    /// Arranges for due work to be run no later than at `time` (monotonic nanoseconds).
    public func wakeAgent(at time: UInt64) { agent?.wake(at: time) }

    /// Room for a ring in the segment, zeroed; nil when the segment is full.
    public func allocate(_ byteCount: Int) -> UInt64? {
        lock.withLock { heap.allocate(byteCount).map(UInt64.init) }
    }

    /// Gives a ring's place back, and its memory to the system.
    public func release(_ offset: UInt64, byteCount: Int) {
        let size = SegmentHeap.rounded(byteCount)
        mapping.discard(offset: Int(offset), byteCount: size)
        lock.withLock { heap.release(offset: Int(offset), byteCount: size) }
    }

    /// Takes one more block of queue pair numbers and answers to its name. False when the table is full or no name can be
    /// had.
    public func addBlock() -> Bool {
        lock.withLock {
            guard blocks.count < SegmentLayout.blockCountMax, let (block, socket) = Self.claimBlock(on: fabric) else {
                return false
            }
            adopt(block, socket)
            wakeAgent(at: 0)
            return true
        }
    }

    private func adopt(_ block: UInt32, _ socket: Int32) {
        sockets.append(socket)
        let header = view.header
        header.block(blocks.count).store(block)
        blocks.append(block)
        header.blockCount.publish(UInt32(blocks.count))
        directory.adopt(itself, block: block)
    }

    /// Queue pair numbers that are ours, and so the bound of our table.
    public var queuePairCount: Int { lock.withLock { blocks.count } * SegmentLayout.queuePairsPerBlock }

    /// The number of the queue pair at an index of our table, below `queuePairCount`.
    public func queuePairNumber(at index: Int) -> QueuePairNumber {
        let perBlock = SegmentLayout.queuePairsPerBlock
        let block = lock.withLock { blocks[index / perBlock] }
        return QueuePairNumber(rawValue: block * UInt32(perBlock) + UInt32(index % perBlock))
    }

    /// Probes for a free name, beginning anywhere: one that was just given up is seldom taken again.
    private static func claimBlock(on fabric: FabricName) -> (UInt32, Int32)? {
        let start = UInt32.random(in: 0..<65_535)
        for probe in 0..<UInt32(65_535) {
            let block = (start &+ probe) % 65_535 + 1
            guard block != 65_535 else { continue }  // holds the multicast number
            do {
                return (block, try LocalSocket.listen(name: fabric.block(block)).release())
            } catch {
                // Anything else would be said of every name.
                if error.number != ErrorNumber.addressInUse { return nil }
            }
        }
        return nil
    }

    func listeners() -> [Int32] { lock.withLock { sockets } }

    /// Tells whoever connected who this is, and hands out the segment, if it is the same user.
    func answer(on listener: Int32) {
        guard let connection = accept(on: listener),
            let credentials = try? connection.peerCredentials(), credentials.uid == Host.effectiveUserID
        else { return }
        // A caller that went away meanwhile is no concern of ours.
        try? connection.send(
            hello.encoded(), descriptors: [descriptor.number, itself.process.number, bell.number], timeoutMilliseconds: 0)
    }

    private func accept(on listener: Int32) -> LocalSocket? {
        do throws(SystemError) {
            return try LocalSocket.accept(on: listener)
        } catch {
            if error.number == ErrorNumber.tooManyDescriptors {
                DescriptorShortage.explain()
                // The caller still waits there: we would come back at once.
                Clock.sleep(nanoseconds: 10_000_000)
            }
            return nil
        }
    }

    /// Descriptors that a forked child closes, so that this process's names die with it.
    public func descriptorsNotForChildren() -> [Int32] { [descriptor.number] + listeners() }
}
