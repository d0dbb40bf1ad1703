// HostDevice.swift - what stands for the scenario's device on a real machine.
import Platform

/// What stands for the scenario's device on a real machine.
public enum HostDevice: String, CaseIterable, Sendable {
    /// Registrations are io_uring fixed buffers: pinned for writing and for long. What a pipe holds are plain references.
    case fixedBuffers = "io_uring"

    /// Whether this kernel offers it.
    public var isHere: Bool { true }
}
