// PendingSends.swift - the send requests that wait, oldest first.
//
// Owns: a ring of private memory, made when the first request has to wait, with room for the whole send queue.
// Locking: the queue pair's send lock.

import Platform
import Verbs

/// A ring of waiting send requests.
@safe
final class PendingSends {
    private let capacity: UInt32
    private let payloadBytes: Int
    private let requests: UnsafeMutablePointer<PendingSend>
    private let payloads: UnsafeMutableRawPointer
    private var head: UInt32 = 0
    private var tail: UInt32 = 0

    /// - Parameter capacity: a power of two, at least the send queue's size.
    init(capacity: UInt32, elements: UInt32, inlineBytes: UInt32) {
        self.capacity = capacity
        payloadBytes = max(Int(elements) * MemoryLayout<ScatterGatherElement>.stride, Int(inlineBytes)) + 16
        unsafe requests = .allocate(capacity: Int(capacity))
        unsafe payloads = .allocate(byteCount: Int(capacity) * payloadBytes, alignment: 16)
    }

    deinit {
        unsafe requests.deallocate()
        unsafe payloads.deallocate()
    }

    var isEmpty: Bool { head == tail }

    /// No more can wait.
    var isFull: Bool { tail &- head >= capacity }

    /// Copies a request in, with its list or, inline, its bytes.
    func append(_ pending: PendingSend) {
        precondition(tail &- head < capacity, "waiting asks first whether there is room")
        let place = Int(tail & (capacity - 1))
        let payload = unsafe payloads + place * payloadBytes
        var kept = pending
        if pending.request.flags.contains(.inline) {
            unsafe gatherInline(&kept, to: payload)
        } else if let elements = unsafe pending.request.elements {
            let count = Int(pending.request.elementCount)
            let copy = unsafe payload.bindMemory(to: ScatterGatherElement.self, capacity: max(count, 1))
            unsafe copy.update(from: elements, count: count)
            unsafe kept.request.elements = UnsafePointer(copy)
        }
        unsafe requests[place] = kept
        tail &+= 1
    }

    /// Inline bytes follow one element that describes them. Bytes that cannot be read leave an element whose key is none:
    /// the request will complete as one whose memory is not there.
    private func gatherInline(_ pending: inout PendingSend, to payload: UnsafeMutableRawPointer) {
        let bytes = unsafe UInt64(UInt(bitPattern: payload + 16))
        var byteCount: UInt64 = 0
        if let elements = unsafe pending.request.elements {
            for index in 0..<Int(pending.request.elementCount) {
                let element = unsafe elements[index]
                guard element.length > 0 else { continue }
                if !GuardedCopy.copy(to: bytes &+ byteCount, from: element.address, byteCount: Int(element.length)) {
                    pending.request.flags.remove(.inline)
                }
                byteCount &+= UInt64(element.length)
            }
        }
        let element = unsafe payload.bindMemory(to: ScatterGatherElement.self, capacity: 1)
        unsafe element.pointee = ScatterGatherElement(
            address: bytes, length: UInt32(truncatingIfNeeded: byteCount), localKey: MemoryKey(rawValue: 0))
        unsafe pending.request.elements = UnsafePointer(element)
        pending.request.elementCount = 1
    }

    /// The oldest; nil when none waits.
    var first: PendingSend? { head == tail ? nil : unsafe requests[Int(head & (capacity - 1))] }

    func removeFirst() { head &+= 1 }

    func removeAll() { head = tail }
}
