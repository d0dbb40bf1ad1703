// Examination+Kernel.swift - the kernel's version and facilities.
import Platform

extension Examination {
    static func kernel() -> Finding {
        let release = Host.kernelRelease
        let version = KernelVersion(release: release)
        // 5.6: pidfd_getfd. 6.11: PROCMAP_QUERY.
        if version < KernelVersion(5, 6) {
            return Finding(
                "kernel", release, .fatal, "Processes cannot wake each other: pidfd_getfd came with Linux 5.6.",
                remedy: "Run Linux 5.6 or newer.")
        }
        if version < KernelVersion(6, 11) {
            return Finding(
                "kernel", release, .neutral, "Registering memory costs some microseconds more than from Linux 6.11 on.")
        }
        return Finding("kernel", release, .good, "Has all that the device uses.")
    }

    static func memoryFile() -> Finding {
        do {
            let file = try SharedMemory.create(byteCount: Host.pageBytes)
            let mapping = try Mapping.shared(descriptor: file.number, byteCount: Host.pageBytes)
            let sealed = SharedMemory.isSealed(file.number, byteCount: mapping.byteCount)
            return sealed
                ? Finding("memfd", "sealed files work", .good, "Processes of a fabric share memory by them.")
                : Finding(
                    "memfd", "seals do not hold", .fatal, "A peer could end this process by shrinking what both share.",
                    remedy: "Run on a Linux kernel; emulations of its calls lack this.")
        } catch {
            return Finding(
                "memfd", "\(error)", .fatal, "Processes of a fabric cannot share memory.",
                remedy: "Allow memfd_create in the container's seccomp profile.")
        }
    }

    static func memlock() -> Finding {
        guard let limit = Host.memlockLimitBytes() else {
            return Finding("memlock limit", "unlimited", .good, "Programs may register as much memory as there is.")
        }
        if Host.hasCapability(.ipcLock) {
            return Finding(
                "memlock limit", "\(bytes(limit)), lifted by CAP_IPC_LOCK", .good,
                "Programs may register as much memory as there is.")
        }
        return Finding(
            "memlock limit", bytes(limit), .limiting,
            "Registrations beyond it fail with ENOMEM, as they do with an adapter.",
            remedy: "verbena run --memlock unlimited; or ulimit -l unlimited (limits.conf: memlock), docker run "
                + "--ulimit memlock=-1.")
    }

    static func seccomp() -> Finding {
        let mode = Host.ownStatus("Seccomp") ?? "unknown"
        let filters = Host.ownStatus("Seccomp_filters").map { ", \($0) \($0 == "1" ? "filter" : "filters")" } ?? ""
        switch mode {
        case "0": return Finding("seccomp", "none", .good, "No system call is filtered.")
        case "2":
            return Finding(
                "seccomp", "filtered\(filters)", .neutral, "Calls may be refused; those that matter are tried here.")
        default: return Finding("seccomp", "mode \(mode)", .neutral, "Calls that matter are tried here.")
        }
    }

    static func ioUring() -> Finding {
        let refusal = Host.ioUringRefusal()
        return Finding(
            "io_uring", outcome(refusal, "works"), refusal == nil ? .good : .neutral,
            "verbena run --dma frame holds page frames by it.",
            remedy: refusal == nil ? "" : "If wanted: sysctl kernel.io_uring_disabled=0, or the seccomp profile.")
    }

    static func userfaultfd() -> Finding {
        guard let refusal = MappingEvents.refusal() else {
            return Finding(
                "userfaultfd", "tells of mappings", .good,
                "verbena run --stale strict hears whatever becomes of registered memory, by free and system calls too.")
        }
        return Finding(
            "userfaultfd", outcome(refusal, ""), .neutral,
            "verbena run --stale strict hears the program's calls of mmap, munmap, mremap, madvise and shmdt, not free or system calls.",
            remedy: "If wanted: \(userfaultfdRemedy(refusal))")
    }

    private static func userfaultfdRemedy(_ refusal: Int32) -> String {
        switch refusal {
        case ErrorNumber.notPermitted:
            "sysctl vm.unprivileged_userfaultfd=1, or the right to open /dev/userfaultfd (Linux 6.1); in a container its "
                + "seccomp profile must allow the call."
        case ErrorNumber.notImplemented: "a kernel with CONFIG_USERFAULTFD."
        default: "Linux 5.7 or newer, on a processor that it write-protects pages for (x86-64; arm64 from 6.10 on)."
        }
    }

    static func memoryAreas() -> Finding {
        let name = "memory areas"
        guard let maximum = MappedArea.maximumCount else {
            return Finding(name, "unknown", .neutral, "How many areas of memory a process may have cannot be seen.")
        }
        return Finding(
            name, "\(maximum) a process", maximum < 65_530 ? .limiting : .good,
            "Keeping registered pages from children takes up to two for each stretch of them; verbena status shows what is used.",
            remedy: maximum < 65_530 ? "sysctl vm.max_map_count=65530, or more." : "")
    }

    static func forks() -> Finding {
        let version = KernelVersion.running
        if version >= KernelVersion(5, 12) {
            return Finding("forks", "copy pinned pages at once", .good, "Frames that registrations hold stay the program's own.")
        }
        return Finding(
            "forks", "share pinned \(version < KernelVersion(5, 9) ? "pages" : "hugepages")", .neutral,
            "With --dma frame registered memory is kept from forked children (--fork-protection dontfork).",
            remedy: "To have it in children: Linux 5.12 or newer.")
    }

    static func sharedMemoryFolder() -> Finding {
        Finding("/dev/shm", "not used", .neutral, "Its size does not matter: nothing is kept in a file system.")
    }

    /// A size in the largest unit that divides it.
    private static func bytes(_ count: UInt64) -> String {
        let units: [(UInt64, String)] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        for (size, name) in units where count >= size && count % size == 0 { return "\(count / size) \(name)" }
        return "\(count) bytes"
    }
}
