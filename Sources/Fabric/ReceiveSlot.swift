// ReceiveSlot.swift - one posted receive request, in its owner's segment.
//
// Owns: the meaning of its bytes: a count, a total and the scatter list. The request's identifier and the list that the
// owner itself will scatter by stay in its private memory, where no peer can change them.
// Locking: written by the owner before it is published by the queue's tail; read by the poster under the queue's lock.

import Verbs

/// One posted receive request.
@frozen
public struct ReceiveSlot {
    @usableFromInline let record: SharedRecord

    @inlinable
    init(_ record: SharedRecord) { self.record = record }

    public static let headerBytes = 16

    /// Bytes that a slot with room for this many elements takes.
    @inlinable
    public static func byteCount(elements: Int) -> Int { headerBytes + elements * 16 }

    @inlinable public var elementCount: SharedWord32 { record.word32(0) }
    /// Sum of the lengths.
    @inlinable public var totalBytes: SharedWord64 { record.word64(8) }

    @inlinable
    public func element(_ index: Int) -> ScatterGatherElement {
        let place = record.advanced(by: Self.headerBytes + index * 16)
        return ScatterGatherElement(
            address: place.word64(0).load(), length: place.word32(8).load(),
            localKey: MemoryKey(rawValue: place.word32(12).load()))
    }

    @inlinable
    public func setElement(_ index: Int, _ element: ScatterGatherElement) {
        let place = record.advanced(by: Self.headerBytes + index * 16)
        place.word64(0).store(element.address)
        place.word32(8).store(element.length)
        place.word32(12).store(element.localKey.rawValue)
    }
}

extension ReceiveSlot {
    /// Writes a request's scatter list. The count has been checked against the queue's.
    @inlinable
    public func fill(_ elements: UnsafePointer<ScatterGatherElement>?, count: Int) {
        var total: UInt64 = 0
        if let elements = unsafe elements {
            for index in 0..<count {
                let element = unsafe elements[index]
                setElement(index, element)
                total &+= UInt64(element.length)
            }
        }
        elementCount.store(UInt32(truncatingIfNeeded: count))
        totalBytes.store(total)
    }
}
