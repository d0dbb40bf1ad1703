// PendingSends.swift - the send requests that wait, oldest first.
//
// Owns: a ring of private memory, made when the first request has to wait, with room for the whole send queue.
// Locking: the queue pair's send lock.

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

    /// Copies a request in, with its list or, inline, its bytes.
    func append(_ pending: PendingSend) {
        precondition(tail &- head < capacity, "the send queue's own count keeps this from filling")
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

    /// Inline bytes follow one element that describes them.
    private func gatherInline(_ pending: inout PendingSend, to payload: UnsafeMutableRawPointer) {
        var byteCount = 0
        if let elements = unsafe pending.request.elements {
            for index in 0..<Int(pending.request.elementCount) {
                let element = unsafe elements[index]
                guard element.length > 0, let source = unsafe UnsafeRawPointer(bitPattern: UInt(element.address)) else { continue }
                unsafe (payload + 16 + byteCount).copyMemory(from: source, byteCount: Int(element.length))
                byteCount += Int(element.length)
            }
        }
        let element = unsafe payload.bindMemory(to: ScatterGatherElement.self, capacity: 1)
        unsafe element.pointee = ScatterGatherElement(
            address: UInt64(UInt(bitPattern: payload + 16)), length: UInt32(byteCount), localKey: MemoryKey(rawValue: 0))
        unsafe pending.request.elements = UnsafePointer(element)
        pending.request.elementCount = 1
    }

    /// The oldest; nil when none waits.
    var first: PendingSend? { head == tail ? nil : unsafe requests[Int(head & (capacity - 1))] }

    func removeFirst() { head &+= 1 }

    func removeAll() { head = tail }
}
