// FrameRing.swift - one io_uring and its table of fixed buffers: memory that the kernel holds for writing, and for long.
//
// Owns: the ring and which of its slots are free. Kernels before 5.13 fill a table only once: there a ring has one slot.
// Counterpart: io_uring_register(2), IORING_REGISTER_BUFFERS; FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE in the kernel.
// Locking: the owner's.
import CPlatform

/// Frames that stay this program's whatever becomes of its mappings.
@safe
final class FrameRing {
    /// What one slot can hold: the kernel's limit.
    static let slotBytesMax: UInt64 = 1 << 30
    private static let slotCount: UInt32 = 1024

    private var ring = unsafe verbena_frame_ring()
    private var free: [UInt32] = []

    init() throws(SystemError) {
        try unsafe SystemError.check(verbena_frame_ring_open(&ring, Self.slotCount), "io_uring_setup")
        free = unsafe (0..<ring.slot_count).reversed()
    }

    deinit { unsafe verbena_frame_ring_close(&ring) }

    var isFull: Bool { free.isEmpty }
    /// Whether it will be used again when its last slot is let go.
    var isReusable: Bool { unsafe ring.has_table }
    var descriptor: Int32 { unsafe ring.descriptor }

    /// Holds a range; its slot. The ring is not full.
    func hold(address: UInt64, byteCount: UInt64) throws(SystemError) -> UInt32 {
        guard let slot = free.last else { throw SystemError(number: ErrorNumber.outOfMemory, call: "io_uring_register") }
        try unsafe SystemError.check(
            verbena_frame_ring_hold(&ring, slot, address, Int(byteCount)), "io_uring_register")
        free.removeLast()
        return slot
    }

    func release(_ slot: UInt32) {
        let result = unsafe verbena_frame_ring_release(&ring, slot)
        precondition(result == 0, "io_uring kept a buffer that was to be let go: errno \(-result)")
        free.append(slot)
    }

    /// Moves bytes between frames, named by the address that they had when they were held, and the start of a file.
    func move(
        _ direction: FrameDirection, slot: UInt32, address: UInt64, byteCount: Int, file: Int32
    ) -> Bool {
        unsafe verbena_frame_ring_move(&ring, slot, address, UInt32(byteCount), file, direction == .fromFrames)
            == Int64(byteCount)
    }
}
