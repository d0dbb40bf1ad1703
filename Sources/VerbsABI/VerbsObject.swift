// VerbsObject.swift - the memory behind a pointer that a program holds.
//
// Owns: one block per object: the public C struct, zeroed and never moved, and behind it our half, which the program
// does not know of. Does not: fill the public struct (each object's file does).
// C counterpart: the `struct ibv_*` of <infiniband/verbs.h>, which every driver extends in the same way.
// Locking: see `OurHalf`.

import CVerbs
import Device
import Fabric
import Verbs

/// A public C struct that stands for a live object.
@unsafe
protocol VerbsObject {
    associatedtype Live: AnyObject

    /// Bytes in front of the address that the program gets.
    static var bytesBefore: Int { get }
    /// Bytes from that address on which belong to the C interface.
    static var publicBytes: Int { get }
    /// True for what a forked child may go on using.
    static var survivesFork: Bool { get }
}

extension VerbsObject {
    static var bytesBefore: Int { 0 }
    static var publicBytes: Int { unsafe MemoryLayout<Self>.size }
    static var survivesFork: Bool { false }

    /// Our half starts at the next multiple of eight.
    static var halfOffset: Int { unsafe (publicBytes + 7) & ~7 }
}

extension UnsafeMutablePointer where Pointee: VerbsObject {
    /// A zeroed public struct that keeps `live` alive until `free()`.
    static func make(holding live: Pointee.Live, owner: OwnerWord?) -> Self {
        let byteCount = unsafe Pointee.bytesBefore + Pointee.halfOffset + MemoryLayout<OurHalf>.size
        let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        unsafe block.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        let object = unsafe (block + Pointee.bytesBefore).assumingMemoryBound(to: Pointee.self)
        unsafe object.half.initialize(
            to: OurHalf(
                reference: Unmanaged.passRetained(live).toOpaque(), owner: owner,
                asyncEventsDelivered: 0, completionEventsDelivered: 0))
        return unsafe object
    }

    /// The same, with the owner of the object that it was made from.
    static func make<Parent: VerbsObject>(
        holding live: Pointee.Live, under parent: UnsafeMutablePointer<Parent>
    ) -> Self {
        unsafe make(holding: live, owner: parent.half.pointee.owner)
    }

    /// Drops the reference and the memory.
    func free() {
        unsafe unmanaged.release()
        unsafe (UnsafeMutableRawPointer(self) - Pointee.bytesBefore).deallocate()
    }

    /// Puts another live object behind the same address.
    func replace(by live: Pointee.Live) {
        unsafe unmanaged.release()
        unsafe half.pointee.reference = unsafe Unmanaged.passRetained(live).toOpaque()
    }

    @inline(__always)
    var half: UnsafeMutablePointer<OurHalf> {
        unsafe (UnsafeMutableRawPointer(self) + Pointee.halfOffset).assumingMemoryBound(to: OurHalf.self)
    }

    /// False in a forked child of the process that made the object. Reads one word that fork wipes; takes no lock.
    @inline(__always)
    var isOurs: Bool {
        // Only what survives a fork has no owner.
        unsafe Pointee.survivesFork || half.pointee.owner.unsafelyUnwrapped.isOwn
    }

    @inline(__always)
    var unmanaged: Unmanaged<Pointee.Live> { unsafe Unmanaged.fromOpaque(half.pointee.reference) }

    var live: Pointee.Live { unsafe unmanaged.takeUnretainedValue() }
}
