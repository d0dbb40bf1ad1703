// PeerDirectory.swift - which process answers to which block of queue pair numbers.
//
// Owns: the connections made so far and those under way. Does not: decide when to give up (the requester's retry rule).
// Locking: `lock`; nobody waits for a peer's agent under it: our agent needs it to answer that peer, which may be
// waiting for us.

import Platform
import Verbs

/// The peers that this process has met.
final class PeerDirectory: @unchecked Sendable {
    private let lock = PrivateLock()
    private let fabric: FabricName
    private let ownUser: UInt32
    private var peers: [UInt32: Peer] = [:]
    private var underWay: [UInt32: Int32] = [:]

    init(fabric: FabricName) {
        self.fabric = fabric
        ownUser = Host.effectiveUserID
    }

    /// Makes a block answer to a peer, as for one's own blocks.
    func adopt(_ peer: Peer, block: UInt32) { lock.withLock { peers[block] = peer } }

    /// The living peer that holds a block; nil when nobody does or it has not answered yet.
    func peer(block: UInt32, mayWait: Bool) -> Peer? {
        let known = lock.withLock { () -> Peer? in
            if let known = peers[block], known.isAlive { return known }
            peers[block] = nil
            return mayWait ? nil : begin(block)
        }
        return known ?? (mayWait ? connect(block) : nil)
    }

    /// Every peer once.
    func everyone() -> [Peer] {
        lock.withLock {
            var seen: Set<ObjectIdentifier> = []
            return peers.keys.sorted().compactMap { peers[$0] }.filter { seen.insert(ObjectIdentifier($0)).inserted }
        }
    }

    /// Forgets peers found dead, so that their memory goes once no queue pair uses them.
    func forgetDead() { lock.withLock { peers = peers.filter { $0.value.isAlive } } }

    /// Sockets on which an answer is awaited.
    func awaited() -> [Int32] { lock.withLock { underWay.keys.sorted().compactMap { underWay[$0] } } }

    /// Completes the connection whose answer has come.
    func complete(_ socket: Int32) {
        lock.withLock {
            guard let block = underWay.first(where: { $0.value == socket })?.key else { return }
            underWay[block] = nil
            let connection = LocalSocket(adopting: socket)
            if let peer = try? answer(on: connection, timeoutMilliseconds: 0) { peers[block] = peer }
        }
    }

    private func connect(_ block: UInt32) -> Peer? {
        guard let connection = reach(block, timeoutMilliseconds: 1000) else { return nil }
        guard let peer = try? answer(on: connection, timeoutMilliseconds: 1000) else { return nil }
        return lock.withLock { remember(peer, block: block) }
    }

    private func begin(_ block: UInt32) -> Peer? {
        guard underWay[block] == nil, let connection = reach(block, timeoutMilliseconds: 0) else { return nil }
        underWay[block] = connection.release()
        return nil
    }

    private func reach(_ block: UInt32, timeoutMilliseconds: Int32) -> LocalSocket? {
        do throws(SystemError) {
            return try LocalSocket.connect(name: fabric.block(block), timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            if error.number == ErrorNumber.tooManyDescriptors { DescriptorShortage.explain() }
            return nil
        }
    }

    /// One process holds several blocks: map its segment once.
    private func remember(_ peer: Peer, block: UInt32) -> Peer {
        let kept = peers.values.first { $0.holder == peer.holder && $0.isAlive } ?? peer
        peers[block] = kept
        return kept
    }

    private func answer(on connection: borrowing LocalSocket, timeoutMilliseconds: Int32) throws -> Peer? {
        let credentials = try connection.peerCredentials()
        var bytes = [UInt8](repeating: 0, count: Hello.byteCount)
        let (byteCount, descriptors) = try unsafe bytes.withUnsafeMutableBytes {
            try unsafe connection.receive(
                into: $0, maxDescriptors: Hello.descriptorCount, timeoutMilliseconds: timeoutMilliseconds)
        }
        guard descriptors.count == Hello.descriptorCount else {
            for number in descriptors { _ = OwnedDescriptor(adopting: number) }
            // The kernel leaves out those that find no room.
            if byteCount == Hello.byteCount, credentials.uid == ownUser { DescriptorShortage.explain() }
            return nil
        }
        let segment = OwnedDescriptor(adopting: descriptors[0])
        let process = ProcessDescriptor(adopting: OwnedDescriptor(adopting: descriptors[1]))
        let bell = OwnedDescriptor(adopting: descriptors[2])
        guard credentials.uid == ownUser, byteCount == Hello.byteCount, let hello = Hello(bytes) else { return nil }
        return Peer(hello, pid: credentials.pid, segment: segment, process: process, bell: bell)
    }
}
