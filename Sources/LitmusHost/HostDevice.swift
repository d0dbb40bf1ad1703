// HostDevice.swift - what stands for the scenario's device on a real machine.
import CHostActor

/// What stands for the scenario's device on a real machine.
public enum HostDevice: String, CaseIterable, Sendable {
    /// Registrations are io_uring fixed buffers: pinned for writing and for long. What a pipe holds are plain references.
    case fixedBuffers = "io_uring"

    /// Memory regions of the first InfiniBand or RoCE device that is up, and RDMA from a second process through them. Bare
    /// longterm lookups become regions.
    case verbs

    /// Registrations and bare longterm lookups are pins by the kernel's own test of lookups (GUP_TEST): one at a time, and for reading
    /// what is pinned only.
    case pinTest = "gup-test"

    /// On-demand registrations are a mirror of the process's page tables: HMM's test device (TEST_HMM).
    case mirror = "hmm"

    /// Whether this kernel offers it.
    public var isHere: Bool {
        switch self {
        case .fixedBuffers: verbena_host_has_rings() != 0
        case .verbs: verbena_host_has_verbs_device() != 0
        case .pinTest: verbena_host_has_pin_test() != 0
        case .mirror: verbena_host_has_mirror() != 0
        }
    }

    /// Whether madvise(2) makes huge pages.
    static let collapsesWhenAsked = verbena_host_has_collapse() != 0

    /// Whether pages can move to a device's memory, whatever holds them: to that of HMM's test device.
    static let hasDeviceMemory = verbena_host_has_device_memory() != 0

    /// Pages that each process has pinned for the device's own use, beside the scenario's.
    var ownPages: Int { self == .verbs ? 1 : 0 }
}
