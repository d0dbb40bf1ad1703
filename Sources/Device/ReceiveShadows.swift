// ReceiveShadows.swift - what this process remembers of its posted receives, where no peer can change it.
//
// Owns: private memory with one place for each slot of a receive queue: identifier, scatter list already translated.
// Locking: a place is written while posting and read while polling; the queue's counters say whose it is.

import Fabric
import Platform
import Verbs

/// The private halves of posted receive requests.
@safe
struct ReceiveShadows: ~Copyable {
    private let base: UnsafeMutableRawPointer
    private let mask: UInt32
    private let stride: Int
    private let keys: SegmentView
    private let domain: ProtectionDomainNumber
    static let headerBytes = 16

    /// One piece of a request, and where its bytes go by the keys of the epoch that the request remembers.
    private struct Piece {
        var place: UInt64
        var element: ScatterGatherElement
    }

    /// - Parameters:
    ///   - capacity: a power of two.
    ///   - keys: where this process's keys stand.
    init(capacity: UInt32, elements: UInt32, keys: SegmentView, domain: ProtectionDomainNumber) {
        mask = capacity - 1
        stride = Self.headerBytes + Int(elements) * MemoryLayout<Piece>.stride
        self.keys = keys
        self.domain = domain
        unsafe base = .allocate(byteCount: Int(capacity) * stride, alignment: 16)
    }

    deinit { unsafe base.deallocate() }

    @inline(__always)
    private func place(_ position: UInt32) -> UnsafeMutableRawPointer { unsafe base + Int(position & mask) * stride }

    @inline(__always)
    private func pieces(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Piece> {
        unsafe (place + Self.headerBytes).assumingMemoryBound(to: Piece.self)
    }

    @inline(__always)
    func identifier(_ position: UInt32) -> UInt64 { unsafe place(position).load(as: UInt64.self) }

    /// Remembers a request. The list has been counted; its local keys are resolved to addresses now.
    /// The bytes it has room for, or 0 when one of its keys does not allow writing: the poster then has to look itself.
    @inline(__always)
    func store(
        _ position: UInt32, identifier: UInt64, elements: UnsafePointer<ScatterGatherElement>?, count: Int,
        keyEpoch: UInt32
    ) -> UInt64 {
        let place = unsafe place(position)
        unsafe place.storeBytes(of: identifier, as: UInt64.self)
        unsafe place.storeBytes(of: UInt32(truncatingIfNeeded: count), toByteOffset: 8, as: UInt32.self)
        unsafe place.storeBytes(of: keyEpoch, toByteOffset: 12, as: UInt32.self)
        guard let elements = unsafe elements else { return 0 }
        var room: UInt64 = 0
        var areGranted = true
        for index in 0..<count {
            let element = unsafe elements[index]
            let resolved = resolve(element)
            areGranted = areGranted && resolved != nil
            room &+= UInt64(element.length)
            unsafe (pieces(place) + index).initialize(to: Piece(place: resolved ?? 0, element: element))
        }
        return areGranted ? room : 0
    }

    /// Where a piece's bytes go; nil when its key does not allow to write them.
    @inline(__always)
    private func resolve(_ element: ScatterGatherElement) -> UInt64? {
        guard let entry = keys.key(element.localKey) else { return nil }
        if entry.isWatched { keys.header.awaitMappingChanges() }
        let verdict = AccessCheck.check(
            entry.descriptor, key: element.localKey, address: element.address, length: UInt64(element.length),
            protectionDomain: domain, use: .localWrite)
        return verdict == .granted ? entry.translate(element.address) : nil
    }

    /// The request's list, translated by the keys that are valid now; nil when one of them allows no writing any more.
    func pieces(_ position: UInt32, by keys: KeyTable) -> [IOVector]? {
        let place = unsafe place(position)
        let count = unsafe Int(place.load(fromByteOffset: 8, as: UInt32.self))
        var found: [IOVector] = []
        for index in 0..<count {
            let element = unsafe pieces(place)[index].element
            let length = UInt64(element.length)
            guard length > 0 else { continue }
            guard
                let address = keys.place(
                    of: element.localKey, address: element.address, length: length, protectionDomain: domain,
                    queuePair: nil, use: .localWrite)
            else { return nil }
            found.append(IOVector(base: address, length: length))
        }
        return found
    }

    /// Spreads bytes over the request's pieces; false when a piece cannot be written.
    @inline(__always)
    func scatter(_ position: UInt32, from source: UInt64, byteCount: Int) -> Bool {
        let place = unsafe place(position)
        let keyEpoch = keys.header.keyEpoch.acquire()
        if unsafe place.load(fromByteOffset: 12, as: UInt32.self) != keyEpoch {
            guard unsafe resolveAgain(place, keyEpoch: keyEpoch) else { return false }
        }
        let count = unsafe Int(place.load(fromByteOffset: 8, as: UInt32.self))
        var source = source
        var left = byteCount
        for index in 0..<count where left > 0 {
            let piece = unsafe pieces(place)[index]
            let part = min(left, Int(piece.element.length))
            guard GuardedCopy.copy(to: piece.place, from: source, byteCount: part) else { return false }
            source &+= UInt64(part)
            left &-= part
        }
        return left == 0
    }

    /// A key of this process was withdrawn since the request was posted: its memory may serve another purpose by now.
    @inline(never)
    private func resolveAgain(_ place: UnsafeMutableRawPointer, keyEpoch: UInt32) -> Bool {
        let count = unsafe Int(place.load(fromByteOffset: 8, as: UInt32.self))
        for index in 0..<count {
            guard let address = unsafe resolve(pieces(place)[index].element) else { return false }
            unsafe pieces(place)[index].place = address
        }
        unsafe place.storeBytes(of: keyEpoch, toByteOffset: 12, as: UInt32.self)
        return true
    }
}
