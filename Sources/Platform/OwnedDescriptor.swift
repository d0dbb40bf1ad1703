// OwnedDescriptor.swift - a file descriptor with one owner.
//
// Owns: the descriptor, closed when the owner ends. Counterpart: close(2).
import CPlatform

/// A file descriptor that is closed when its owner goes away.
public struct OwnedDescriptor: ~Copyable, Sendable {
    public let number: Int32

    /// Takes over a descriptor that nobody else will close.
    public init(adopting number: Int32) { self.number = number }

    /// Gives the descriptor to the caller, who closes it from now on.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    deinit {
        // The descriptor is gone whatever close returns; there is nobody left to tell.
        _ = verbena_close(number)
    }
}
