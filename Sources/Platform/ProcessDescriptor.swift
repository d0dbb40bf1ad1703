// ProcessDescriptor.swift - a descriptor that stands for one process and no later one of its number.
//
// Owns: the pidfd. Counterpart: pidfd_open(2), pidfd_getfd(2).
import CPlatform

/// A process, held by descriptor. To wait for its end, poll `number` for reading.
public struct ProcessDescriptor: ~Copyable {
    private let descriptor: OwnedDescriptor

    public var number: Int32 { descriptor.number }

    /// Holds the process that has this number now.
    public init(pid: Int32) throws(SystemError) {
        let result = verbena_process_descriptor_open(pid)
        descriptor = OwnedDescriptor(adopting: try SystemError.check(result, "pidfd_open"))
    }

    /// Takes over a descriptor that a process sent of itself: it holds in every PID namespace.
    public init(adopting descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// False once the last thread of the process has ended.
    public func isAlive() -> Bool { verbena_process_descriptor_is_alive(number) }

    /// A descriptor of our own for what `number` means in that process. It must allow us to trace it.
    public func duplicate(_ number: Int32) throws(SystemError) -> OwnedDescriptor {
        let result = verbena_process_descriptor_duplicate(self.number, number)
        return OwnedDescriptor(adopting: try SystemError.check(result, "pidfd_getfd"))
    }

    /// Whether a descriptor of this process is an event counter: what a peer named must be nothing else.
    public static func isEventDescriptor(_ number: Int32) -> Bool { verbena_is_event_descriptor(number) }
}
