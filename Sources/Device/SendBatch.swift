// SendBatch.swift - the send requests that a program builds one after the other and posts as one.
//
// Owns: room for a whole send queue of requests with their scatter lists or inline bytes, made with the queue pair, so
// that building allocates nothing. Does not: post (QueuePair+PostBatch).
// What goes wrong while building is told at the end, when nothing of the batch is posted.
// C: ibv_wr_post(3).   HOT.
// Locking: `lock` is held from begin to end, by whichever thread builds: others wait to begin.

import Fabric
import Verbs

/// Send requests that are being built.
@safe
public final class SendBatch: @unchecked Sendable {
    @usableFromInline let lock = PrivateLock()
    private let type: QueuePairType
    private let operations: SendOperations
    private let capabilities: QueuePairCapabilities
    private let payloadBytes: Int
    private let requests: UnsafeMutablePointer<SendRequest>
    private let payloads: UnsafeMutableRawPointer
    private let progress = LockedState(SendBatchProgress())

    init(operations: SendOperations, type: QueuePairType, capabilities: QueuePairCapabilities) {
        self.operations = operations
        self.type = type
        self.capabilities = capabilities
        let elementBytes = MemoryLayout<ScatterGatherElement>.stride
        // Inline bytes stand behind one element that describes them.
        payloadBytes =
            (max(Int(capabilities.sendElements) * elementBytes, elementBytes + max(Int(capabilities.inlineData), Self.wordBytes)) + 15) & ~15
        let capacity = max(Int(capabilities.sendWorkRequests), 1)
        unsafe requests = .allocate(capacity: capacity)
        unsafe payloads = .allocate(byteCount: capacity * payloadBytes, alignment: 16)
    }

    deinit {
        unsafe requests.deallocate()
        unsafe payloads.deallocate()
    }

    /// Begins an empty batch; waits while another thread builds one.
    @inlinable
    public func begin() {
        lock.acquire()
        clear()
    }

    /// Ends the batch, posted or given up.
    @inlinable
    public func end() {
        clear()
        lock.release()
    }

    @usableFromInline
    func clear() { progress.value = SendBatchProgress() }

    var count: Int { progress.value.count }

    /// Why the batch cannot be posted.
    var failure: VerbsErrno? { progress.value.failure }

    /// - Precondition: `index` is below `count`.
    func request(at index: Int) -> SendRequest {
        precondition(index >= 0 && index < progress.value.count)
        return unsafe requests[index]
    }

    /// Makes the batch fail; the first reason stands.
    public func fail(_ reason: VerbsErrno) {
        if progress.value.failure == nil { progress.value.failure = reason }
    }

    /// Begins a request without payload. What follows until the next one belongs to it.
    public func add(_ request: SendRequest, _ opcode: SendOpcode) {
        guard operations.contains(SendOperations(opcode)), request.flags.isSubset(of: .known) else {
            return fail(.invalidArgument)
        }
        let place = progress.value.count
        guard place < Int(capabilities.sendWorkRequests) else { return fail(.noMemory) }
        unsafe (requests + place).initialize(to: request)
        progress.value.count = place &+ 1
    }

    /// The payload of the request is, or its result goes to, these pieces of memory.
    public func setElements(_ elements: UnsafePointer<ScatterGatherElement>?, count: Int) {
        guard let place = current(), ScatterGatherRules.allowsCount(count, capability: capabilities.sendElements) else {
            return fail(.invalidArgument)
        }
        let list = unsafe elementList(place)
        if count > 0 {
            guard let elements = unsafe elements else { return fail(.invalidArgument) }
            unsafe list.update(from: elements, count: count)
        }
        unsafe requests[place].elements = unsafe UnsafePointer(list)
        unsafe requests[place].elementCount = Int32(truncatingIfNeeded: count)
        unsafe requests[place].flags.remove(.inline)
    }

    /// The payload of the request is what `appendInline` will bring.
    public func beginInline() {
        guard let place = current() else { return fail(.invalidArgument) }
        let element = unsafe elementList(place)
        let bytes = unsafe UInt64(UInt(bitPattern: element + 1))
        unsafe element.pointee = ScatterGatherElement(address: bytes, length: 0, localKey: MemoryKey(rawValue: 0))
        unsafe requests[place].elements = unsafe UnsafePointer(element)
        unsafe requests[place].elementCount = 1
        unsafe requests[place].flags.insert(.inline)
    }

    /// Copies more bytes into the request.
    public func appendInline(_ bytes: UnsafeRawPointer?, count: Int) {
        // Without a request to belong to, the batch has failed already.
        guard count > 0, failure == nil, let place = current() else { return }
        let element = unsafe elementList(place)
        let already = unsafe Int(element.pointee.length)
        guard let bytes = unsafe bytes, count <= Int(capabilities.inlineData) - already else {
            return fail(.invalidArgument)
        }
        unsafe (UnsafeMutableRawPointer(element + 1) + already).copyMemory(from: bytes, byteCount: count)
        unsafe element.pointee.length = UInt32(truncatingIfNeeded: already &+ count)
    }

    /// The payload of the request is one word, whatever the queue pair carries inline.
    public func setWord(_ word: UnsafeRawPointer?) {
        guard failure == nil, let place = current(), let word = unsafe word else { return fail(.invalidArgument) }
        beginInline()
        let element = unsafe elementList(place)
        unsafe UnsafeMutableRawPointer(element + 1).copyMemory(from: word, byteCount: Self.wordBytes)
        unsafe element.pointee.length = UInt32(Self.wordBytes)
    }

    private static var wordBytes: Int { Int(ScatterGatherRules.atomicBytes) }

    /// Where the request goes, on a datagram queue pair.
    public func setDestination(_ handle: Unmanaged<AddressHandle>?, _ number: QueuePairNumber, queueKey: UInt32) {
        guard let place = current(), type == .unreliableDatagram, unsafe handle != nil else {
            return fail(.invalidArgument)
        }
        unsafe requests[place].addressHandle = unsafe handle
        unsafe requests[place].remoteQueuePair = number
        unsafe requests[place].remoteQueueKey = queueKey
    }

    /// Which shared receive queue takes the request, on an extended connection.
    public func setSharedReceiveQueue(_ number: SharedReceiveQueueNumber) {
        guard let place = current(), type == .xrcInitiator else { return fail(.invalidArgument) }
        unsafe requests[place].remoteSharedReceiveQueue = number
    }

    /// The request that setters are about; nil before the first.
    @inline(__always)
    private func current() -> Int? { progress.value.count > 0 ? progress.value.count &- 1 : nil }

    @inline(__always)
    private func elementList(_ place: Int) -> UnsafeMutablePointer<ScatterGatherElement> {
        unsafe (payloads + place &* payloadBytes).assumingMemoryBound(to: ScatterGatherElement.self)
    }
}
