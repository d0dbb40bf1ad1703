// Peer.swift - another process of the fabric (or this one, seen as a target), with its segment mapped.
//
// Owns: the mapping of its segment, the knowledge whether it still lives, copies of its event descriptors.
// Does not: believe anything in the segment; readers check.
// Locking: `descriptorLock` guards the copied descriptors, `regionLock` the mapped regions; `alive` is written by the
// agent, read by everyone.

import Platform
import Synchronization
import Verbs

/// A process that requests can be executed against.
public final class Peer: @unchecked Sendable {
    public let identity: ProcessIdentity
    public let view: SegmentView
    /// Non-zero while the process lives, as far as is known.
    public let alive = Atomic<UInt32>(1)
    let process: ProcessDescriptor
    private let mapping: Mapping?
    private let descriptorLock = PrivateLock()
    /// By number there: the name that it had when it was copied, and the copy.
    private var descriptors: [Int32: (name: EventName, copy: Int32)] = [:]
    let regionLock = PrivateLock()
    var regions: [UInt64: MappedRegion] = [:]

    /// A peer whose segment came over a socket. Nil when the segment is not what it should be.
    init?(identity: ProcessIdentity, segment: borrowing OwnedDescriptor) {
        guard SharedMemory.isSealed(segment.number, byteCount: SegmentLayout.byteCount),
            let process = try? ProcessDescriptor(pid: identity.pid),
            ProcessIdentity.of(pid: identity.pid) == identity,
            let mapping = try? Mapping.shared(descriptor: segment.number, byteCount: SegmentLayout.byteCount)
        else { return nil }
        guard mapping.keepFromChildren() else { return nil }
        view = unsafe SegmentView(base: mapping.base)
        guard view.header.magic.acquire() == SegmentLayout.magic else { return nil }
        self.identity = identity
        self.process = process
        self.mapping = consume mapping
    }

    /// This process as a target of its own requests.
    init(itself identity: ProcessIdentity, view: SegmentView) throws(SystemError) {
        self.identity = identity
        self.view = view
        process = try ProcessDescriptor(pid: identity.pid)
        mapping = nil
    }

    deinit {
        for descriptor in descriptors.values { _ = OwnedDescriptor(adopting: descriptor.copy) }
    }

    /// Whether this is our own process, as a target of its own requests.
    public var isItself: Bool { mapping == nil }

    public var isAlive: Bool { alive.load(ordering: .relaxed) != 0 }

    func markDead() { alive.store(0, ordering: .releasing) }

    /// Raises one unit on an event descriptor of that process.
    public func signal(_ name: EventName) {
        guard let number = name.number, isAlive else { return }
        descriptorLock.withLock {
            guard let copy = copied(number, name) else { return }
            // A counter that its owner keeps full has been signalled enough; we would wait for ever.
            guard EventDescriptor.canSignal(copy) else { return }
            if !EventDescriptor.signal(copy) { forget(number) }
        }
    }

    /// Our copy of its descriptor; refused unless it is an event descriptor, for the name came from shared memory.
    private func copied(_ number: Int32, _ name: EventName) -> Int32? {
        if let known = descriptors[number] {
            if known.name == name { return known.copy }
            forget(number)
        }
        guard let copy = try? process.duplicate(number), ProcessDescriptor.isEventDescriptor(copy.number) else { return nil }
        let kept = copy.release()
        descriptors[number] = (name, kept)
        return kept
    }

    private func forget(_ number: Int32) {
        if let known = descriptors.removeValue(forKey: number) { _ = OwnedDescriptor(adopting: known.copy) }
    }
}
