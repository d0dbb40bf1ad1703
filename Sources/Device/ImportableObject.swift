// ImportableObject.swift - what a handle of another process stands for.
//
// Owns: reading it from that process's table of keys: handles are indices there. Does not: trust it; the owner's agent looks again.
// Linux counterpart: the table of objects of an opened uverbs file.
// Locking: none. What changes while it is read is read as not there.

import Fabric
import Verbs

/// A registration, a protection domain or device memory, as its owner's table showed it at one moment.
struct ImportableObject {
    let key: MemoryKey
    let descriptor: RegionDescriptor
    /// The first byte, as its owner's copies name it.
    let place: UInt64
    /// For what is no registration: of which opening of a device it is.
    let context: UInt32

    /// Nil when the handle names nothing.
    init?(handle: UInt32, in view: SegmentView) {
        guard handle <= 0xff_ffff, let entry = view.key(MemoryKey(index: handle, generation: 0)) else { return nil }
        let descriptor = entry.descriptor
        let serial = entry.serial.load()
        place = entry.start.load()
        context = UInt32(truncatingIfNeeded: entry.fileOffset.load())
        guard descriptor.key.rawValue != 0, descriptor.key.index == handle, entry.serial.load() == serial,
            entry.key.acquire() == descriptor.key.rawValue
        else { return nil }
        key = descriptor.key
        self.descriptor = descriptor
    }

    /// What may be done with it. Whether its registration ends with its memory is its owner's concern.
    var access: AccessFlags { descriptor.access.subtracting(.watched) }
    var isProtectionDomain: Bool { descriptor.access == .object }
    var isDeviceMemory: Bool { descriptor.access.isSuperset(of: [.object, .deviceMemory]) }
    var isRegion: Bool { descriptor.access.isDisjoint(with: [.object, .window]) }
}
