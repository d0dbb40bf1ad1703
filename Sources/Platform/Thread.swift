// Thread.swift - threads of the device's own.
//
// Owns: nothing once started; the thread is detached. Counterpart: pthread_create(3).
// Signals: all are blocked in it but SIGSEGV and SIGBUS, without which a guarded copy could not survive a fault there.
import CPlatform
import Glibc

/// Starts threads in which no handler of the program runs.
public enum Thread {
    /// Which thread this is, among those that live; never 0.
    public static var identity: UInt { UInt(pthread_self()) }

    /// Does nothing, and the compiler does not know it: no counting of references moves across it.
    public static func unknownCall() { verbena_unknown_call() }

    /// Starts a detached thread. The name is cut to 15 bytes, as the kernel wants.
    public static func start(
        name: StaticString, stackBytes: Int,
        _ body: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?,
        argument: UnsafeMutableRawPointer?
    ) throws(SystemError) {
        let result = name.withUTF8Buffer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe verbena_thread_start(characters.baseAddress, stackBytes, body, argument)
            }
        }
        try SystemError.check(result, "pthread_create")
    }
}
