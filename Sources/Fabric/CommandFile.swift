// CommandFile.swift - what the command descriptor of an opened device stands for.
//
// Owns: the form of a sealed memory file that names the process, the device, and which of its openings this was. Whoever is given a
// copy of the descriptor may import what was made there: `word` proves to the owner's agent that it was given. Read from a
// descriptor of anybody's: checked before use.
// Counterpart: the file behind /dev/infiniband/uverbsN; ibv_import_device(3).
// Locking: none; written once.

import Platform
import Verbs

/// An opened device, as other processes of the user are shown it.
public struct CommandFile: Sendable, Equatable {
    public let holder: HolderIdentity
    /// Known to those alone whom the descriptor was given to.
    public let word: UInt64
    /// The device's place in the list.
    public let device: Int
    /// Counts the process's openings.
    public let context: UInt32

    private static let byteCount = 4096
    private static let magic: UInt64 = 0x5645_5242_434d_4401

    public init(holder: HolderIdentity, word: UInt64, device: Int, context: UInt32) {
        self.holder = holder
        self.word = word
        self.device = device
        self.context = context
    }

    /// A new file that says so.
    public func create() throws(SystemError) -> OwnedDescriptor {
        let file = try SharedMemory.create(byteCount: Self.byteCount)
        let pages = try Mapping.shared(descriptor: file.number, byteCount: Self.byteCount)
        let record = unsafe SharedRecord(at: pages.base)
        record.word64(8).store(holder.rawValue)
        record.word64(16).store(word)
        record.word32(24).store(UInt32(truncatingIfNeeded: device))
        record.word32(28).store(context)
        record.word64(0).publish(Self.magic)
        return file
    }

    /// Nil for any other descriptor.
    public init?(descriptor: Int32) {
        guard SharedMemory.isSealed(descriptor, byteCount: Self.byteCount),
            let pages = try? Mapping.shared(descriptor: descriptor, byteCount: Self.byteCount, writable: false)
        else { return nil }
        let record = unsafe SharedRecord(at: pages.base)
        guard record.word64(0).acquire() == Self.magic else { return nil }
        self.init(
            holder: HolderIdentity(rawValue: record.word64(8).load()), word: record.word64(16).load(),
            device: Int(record.word32(24).load()), context: record.word32(28).load())
    }
}
