// RegisteredMemory+Frames.swift - registrations that hold the frames of their memory, as an adapter's do.
//
// Owns: which way of holding a registration needs. Does not: hold, or copy (Platform/HeldFrames).
// Linux counterpart: ib_umem_get: pin_user_pages with FOLL_LONGTERM, and FOLL_WRITE since 6.2 only where it writes.
//
//   the device may write, or the program may unshare the page by writing  → pinned: io_uring fixed buffers
//   the device only reads what nobody unshares, or GIFT                   → referenced: pages in a pipe

import Platform
import Verbs

extension RegisteredMemory {
    /// The frames of a checked range, held until they are released; nil where the device works by address.
    /// - Throws: what the kernel answers: EFAULT, ENOMEM beyond the user's limit, EMFILE, or why it has no io_uring.
    static func hold(
        _ request: MemoryRegistrationRequest, mapped rights: MappedRights, in process: DeviceProcess
    ) throws(VerbsErrno) -> FrameAddress? {
        guard let frames = process.frames, !request.access.contains(.onDemand) else { return nil }
        do throws(SystemError) {
            return mustPin(request.access, rights)
                ? try frames.pin(address: request.address, byteCount: request.length)
                : try frames.reference(address: request.address, byteCount: request.length)
        } catch {
            Host.writeStandardError(
                """
                verbena: the frames of \(request.length) bytes at 0x\(String(request.address, radix: 16)) cannot be held: \
                \(error). \(rule(behind: error)) Without --dma frame nothing has to be held.

                """)
            throw VerbsErrno(rawValue: error.number)
        }
    }

    private static func rule(behind error: SystemError) -> String {
        error.number == VerbsErrno.badAddress.rawValue
            ? "The kernel holds ordinary memory only: a device's pages, or a dma-buf's, have nothing that could be held."
            : """
            io_uring counts what all processes of this user hold against the limit (ulimit -l); pipes need a descriptor \
            for each MiB.
            """
    }

    /// A reference alone would follow the old page when the program writes and gets a copy; a pin makes the page its own.
    private static func mustPin(_ access: AccessFlags, _ rights: MappedRights) -> Bool {
        if access.needsWritableMemory { return true }
        return !access.contains(.gift) && rights.isSuperset(of: [.writable, .privatePages])
    }
}
