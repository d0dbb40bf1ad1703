// ForkGuard.swift - how a forked child learns that it is one.
//
// Owns: nothing; the caller keeps the page for the life of the process.
// Counterpart: pthread_atfork(3), madvise(2) MADV_WIPEONFORK.
import CPlatform

/// Means to notice a fork without a call.
public enum ForkGuard {
    /// A new page whose first word the owner sets to non-zero, and which reads zero in every forked child.
    public static func wipePage() throws(SystemError) -> UnsafeMutablePointer<UInt64> {
        guard let page = unsafe verbena_wipe_page() else {
            throw SystemError(number: ErrorNumber.outOfMemory, call: "madvise MADV_WIPEONFORK")
        }
        return unsafe page
    }

    /// Runs `handler` in each forked child. It may only store and close: other threads' locks are as they were.
    public static func registerChildHandler(_ handler: @escaping @convention(c) () -> Void) throws(SystemError) {
        try SystemError.check(verbena_atfork_register(handler), "pthread_atfork")
    }

    /// Sets a word that lives as long as the process to 1: at once if the process was forked or has forked, else before it
    /// forks. Of a fork by a raw clone(2) only the child learns.
    @unsafe
    public static func markForks(in word: UnsafeMutableRawPointer) {
        unsafe verbena_mark_forks(word.assumingMemoryBound(to: UInt32.self))
    }
}
