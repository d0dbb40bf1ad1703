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
    public let identity: ProcessIdentity
    public let holder: HolderIdentity
    public let fabric: FabricName
    /// This process's own segment.
    public let view: SegmentView
    /// This process as a target.
    public let itself: Peer
    public let owner: OwnerWord
    let directory: PeerDirectory
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
        identity = ProcessIdentity.current()
        holder = HolderIdentity(identity)
        fabric = FabricName.current()
        descriptor = try SharedMemory.create(byteCount: SegmentLayout.byteCount)
        mapping = try Mapping.shared(descriptor: descriptor.number, byteCount: SegmentLayout.byteCount)
        mapping.keepFromChildren()
        view = unsafe SegmentView(base: mapping.base)
        itself = try Peer(itself: identity, view: view)
        directory = PeerDirectory(fabric: fabric)
        heap = SegmentHeap(
            offset: SegmentLayout.heapOffset, byteCount: SegmentLayout.byteCount - SegmentLayout.heapOffset)
        writeHeader()
        Host.setPtracerAny()
        let agent = try Agent(member: self)
        self.agent = agent
        try agent.start()
    }

    private func writeHeader() {
        let header = view.header
        header.pid.store(UInt32(bitPattern: identity.pid))
        header.startTime.store(identity.startTime)
        header.keyEpoch.store(1)
        header.magic.publish(SegmentLayout.magic)
    }

    /// The process behind a queue pair number; nil when nobody answers (yet).
    public func peer(for number: QueuePairNumber, mayWait: Bool) -> Peer? {
        directory.peer(block: number.rawValue / UInt32(SegmentLayout.queuePairsPerBlock), mayWait: mayWait)
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

    /// Takes one more block of queue pair numbers and answers to its name. The first index it stands for in the table;
    /// nil when the table is full or no name can be had.
    public func addBlock() -> Int? {
        lock.withLock { () -> Int? in
            let header = view.header
            let count = blocks.count
            guard count < SegmentLayout.blockCountMax, let (block, socket) = claimBlock() else { return nil }
            sockets.append(socket)
            blocks.append(block)
            header.block(count).store(block)
            header.blockCount.publish(UInt32(count + 1))
            directory.adopt(itself, block: block)
            wakeAgent(at: 0)
            return count * SegmentLayout.queuePairsPerBlock
        }
    }

    /// Queue pair numbers that are ours, and so the bound of our table.
    public var queuePairCount: Int { lock.withLock { blocks.count } * SegmentLayout.queuePairsPerBlock }

    /// The number of the queue pair at an index of our table, below `queuePairCount`.
    public func queuePairNumber(at index: Int) -> QueuePairNumber {
        let perBlock = SegmentLayout.queuePairsPerBlock
        let block = lock.withLock { blocks[index / perBlock] }
        return QueuePairNumber(rawValue: block * UInt32(perBlock) + UInt32(index % perBlock))
    }

    /// Probes for a free name, beginning at a place that differs from process to process.
    private func claimBlock() -> (UInt32, Int32)? {
        let start = UInt32(truncatingIfNeeded: UInt64(UInt32(bitPattern: identity.pid)) &* 0x9e37_79b9)
        for probe in 0..<UInt32(65_535) {
            let block = (start &+ probe) % 65_535 + 1
            guard block != 65_535 else { continue }  // holds the multicast number
            if let socket = try? LocalSocket.listen(name: fabric.block(block)) { return (block, socket.release()) }
        }
        return nil
    }

    func listeners() -> [Int32] { lock.withLock { sockets } }

    /// Tells whoever connected who this is, and hands out the segment, if it is the same user.
    func answer(on listener: Int32) {
        guard let connection = try? LocalSocket.accept(on: listener),
            let credentials = try? connection.peerCredentials(), credentials.uid == Host.effectiveUserID
        else { return }
        // A caller that went away meanwhile is no concern of ours.
        try? connection.send(Hello(identity: identity).encoded(), descriptors: [descriptor.number])
    }

    /// Descriptors that a forked child closes, so that this process's names die with it.
    public func descriptorsNotForChildren() -> [Int32] { [descriptor.number] + listeners() }
}
