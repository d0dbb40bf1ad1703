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
    static let headerBytes = 16

    /// - Parameter capacity: a power of two.
    init(capacity: UInt32, elements: UInt32) {
        mask = capacity - 1
        stride = Self.headerBytes + Int(elements) * 16
        unsafe base = .allocate(byteCount: Int(capacity) * stride, alignment: 16)
    }

    deinit { unsafe base.deallocate() }

    @inline(__always)
    private func place(_ position: UInt32) -> UnsafeMutableRawPointer { unsafe base + Int(position & mask) * stride }

    @inline(__always)
    func identifier(_ position: UInt32) -> UInt64 { unsafe place(position).load(as: UInt64.self) }

    /// Remembers a request. The list has been counted; its local keys are resolved to addresses now.
    /// The bytes it has room for, or 0 when one of its keys does not allow writing: the poster then has to look itself.
    @inline(__always)
    func store(
        _ position: UInt32, identifier: UInt64, elements: UnsafePointer<ScatterGatherElement>?, count: Int,
        keys: SegmentView, domain: ProtectionDomainNumber
    ) -> UInt64 {
        let place = unsafe place(position)
        unsafe place.storeBytes(of: identifier, as: UInt64.self)
        unsafe place.storeBytes(of: UInt64(count), toByteOffset: 8, as: UInt64.self)
        guard let elements = unsafe elements else { return 0 }
        var room: UInt64 = 0
        var areGranted = true
        for index in 0..<count {
            let element = unsafe elements[index]
            var address = element.address
            if let entry = keys.key(element.localKey) {
                let verdict = AccessCheck.check(
                    entry.descriptor, key: element.localKey, address: element.address, length: UInt64(element.length),
                    protectionDomain: domain, use: .localWrite)
                areGranted = areGranted && verdict == .granted
                address = entry.translate(element.address)
            } else {
                areGranted = false
            }
            room &+= UInt64(element.length)
            let piece = IOVector(base: address, length: UInt64(element.length))
            unsafe place.storeBytes(of: piece, toByteOffset: Self.headerBytes + index * 16, as: IOVector.self)
        }
        return areGranted ? room : 0
    }

    /// Spreads bytes over the request's pieces; false when a piece cannot be written.
    @inline(__always)
    func scatter(_ position: UInt32, from source: UInt64, byteCount: Int) -> Bool {
        let place = unsafe place(position)
        let count = unsafe Int(place.load(fromByteOffset: 8, as: UInt64.self))
        var source = source
        var left = byteCount
        for index in 0..<count where left > 0 {
            let piece = unsafe place.load(fromByteOffset: Self.headerBytes + index * 16, as: IOVector.self)
            let part = min(left, Int(piece.length))
            guard GuardedCopy.copy(to: piece.base, from: source, byteCount: part) else { return false }
            source &+= UInt64(part)
            left &-= part
        }
        return left == 0
    }
}
