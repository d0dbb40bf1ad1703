// Futex.swift - sleeping on a word of shared memory.
//
// Owns: nothing. Nobody is lost when a sleeper or a waker dies: sleeps have an end. Counterpart: futex(2).
import CPlatform

/// Sleeping on a word until another process changes it.
public enum Futex {
    /// Sleeps while the word holds this value, at most so long. May return for no reason.
    public static func wait(_ word: UnsafeRawPointer, value: UInt32, nanoseconds: UInt64) {
        unsafe verbena_futex_wait(word, value, nanoseconds)
    }

    /// Wakes all who sleep on the word.
    public static func wake(_ word: UnsafeRawPointer) { unsafe verbena_futex_wake(word) }
}
