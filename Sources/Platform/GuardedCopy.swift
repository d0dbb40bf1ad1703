// GuardedCopy.swift - copies within this process that survive a fault on either side.
//
// Owns: nothing; the handlers and the routine are C (guard_handlers.c, copy_routine_x86_64.S).
// Order: addresses upwards, and the last eight bytes by one store after all others.
// Counterpart: memcpy(3), copy_from_user in the kernel.
public import CPlatform

/// A copy that returns false where memcpy would end the program. Bytes before the fault may have been copied.
public enum GuardedCopy {
    /// Puts our handlers for SIGSEGV and SIGBUS in front of the program's. Before this, every copy is a system call.
    ///
    /// A second call puts them in front again, should the program have got past the interposed `sigaction`.
    public static func install() throws(SystemError) {
        try SystemError.check(verbena_guard_install(), "sigaction")
    }

    /// Copies at the speed of memcpy. Either address may be one of held frames; such a copy is made by the kernel.
    /// - Precondition: this thread blocks neither SIGSEGV nor SIGBUS; see `threadBlocksFaults`.
    @inlinable
    public static func copy(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        if FrameAddress.isFrames(to | from) { return HeldFrames.copy(to: to, from: from, byteCount: byteCount) }
        return verbena_guarded_copy(to, from, byteCount)
    }

    /// Copies by the kernel: works whatever the thread blocks, at the price of system calls.
    @inlinable
    public static func copyBySystemCall(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        verbena_copy_by_system_call(to, from, byteCount)
    }

    /// Copies in whichever way this thread survives a fault by.
    public static func copyAnywhere(to: UInt64, from: UInt64, byteCount: Int) -> Bool {
        threadBlocksFaults() && !FrameAddress.isFrames(to | from)
            ? copyBySystemCall(to: to, from: from, byteCount: byteCount) : copy(to: to, from: from, byteCount: byteCount)
    }

    /// Whether a fault in this thread would kill the process, because the kernel cannot deliver a blocked signal.
    public static func threadBlocksFaults() -> Bool { verbena_thread_blocks_faults() }
}
