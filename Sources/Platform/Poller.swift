// Poller.swift - waits for several descriptors with a time limit.
//
// Owns: nothing. Counterpart: ppoll(2).
import CPlatform

/// Waits until one of several descriptors has something to say.
public enum Poller {
    /// How many descriptors have events; 0: the time passed. nil waits for ever. EINTR is reported.
    public static func wait(
        _ descriptors: UnsafeMutableBufferPointer<PollEntry>, timeoutNanoseconds: UInt64?
    ) throws(SystemError) -> Int {
        let limit = timeoutNanoseconds.map { min($0, UInt64.max - 1) } ?? .max
        let result = unsafe verbena_poll(descriptors.baseAddress, descriptors.count, limit)
        return Int(try SystemError.check(result, "ppoll"))
    }
}
