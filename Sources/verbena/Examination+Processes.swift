// Examination+Processes.swift - what processes of this user may do to each other.
import Platform

extension Examination {
    static func localSockets() -> Finding {
        let name = "verbena-doctor-\(ProcessIdentity.current().pid)-\(Clock.monotonicNanoseconds())"
        do {
            let listener = try LocalSocket.listen(name: name)
            let client = try LocalSocket.connect(name: name, timeoutMilliseconds: 1000)
            let server = try listener.accept()
            let peer = try server.peerCredentials()
            guard peer.uid == Host.effectiveUserID, client.number >= 0 else {
                return Finding(
                    "local sockets", "peer has another user", .fatal, "Processes cannot tell whom they talk to.",
                    remedy: "Run all programs of a fabric in one user namespace.")
            }
            return Finding("local sockets", "work", .good, "Processes find each other within one network namespace.")
        } catch {
            return Finding(
                "local sockets", "\(error)", .fatal, "Processes cannot find each other.",
                remedy: "Allow AF_UNIX sockets (systemd: RestrictAddressFamilies; AppArmor: unix).")
        }
    }

    /// One child tries on another what a device's process does to its peer.
    static func siblings() -> [Finding] {
        do {
            let trial = try SiblingTrial.run()
            return [memoryAccess(trial), descriptorAccess(trial)]
        } catch {
            return [
                Finding(
                    "process memory", "\(error)", .limiting, "It could not be tried.",
                    remedy: "Allow more processes (ulimit -u, pids limit of the container).")
            ]
        }
    }

    static func memoryAccess(_ trial: SiblingTrial) -> Finding {
        let name = "process memory"
        guard let refusal = trial.writeRefusal ?? trial.readRefusal else {
            return Finding(
                name, "process_vm_writev and readv work", .good, "Payloads go straight into the peer's buffers.")
        }
        return Finding(
            name, outcome(refusal, ""), .limiting,
            "The agent of each process copies for its peers instead: the same results, some ten times slower.",
            remedy: "Allow process_vm_readv, process_vm_writev in the seccomp profile (docker run --cap-add "
                + "SYS_PTRACE does); set kernel.yama.ptrace_scope to 0 or 1; do not make programs non-dumpable.")
    }

    static func descriptorAccess(_ trial: SiblingTrial) -> Finding {
        guard let refusal = trial.duplicateRefusal else {
            return Finding("pidfd_getfd", "works", .good, "Peers can raise each other's completion events.")
        }
        return Finding(
            "pidfd_getfd", outcome(refusal, ""), .limiting,
            "The agent of each process raises its completion events for its peers: some microseconds later.",
            remedy: "Allow pidfd_open and pidfd_getfd in the seccomp profile.")
    }

    static func traceScope() -> Finding {
        let name = "ptrace scope (Yama)"
        guard let scope = SmallFile.text("/proc/sys/kernel/yama/ptrace_scope") else {
            return Finding(name, "no Yama", .good, "Processes of one user may reach each other's memory.")
        }
        switch scope {
        case "0": return Finding(name, "0", .good, "Processes of one user may reach each other's memory.")
        case "1": return Finding(name, "1", .good, "Each process with the device allows its peers to reach its memory.")
        default:
            return Finding(
                name, scope, Host.hasCapability(.systemTrace) ? .neutral : .limiting,
                "Only privileged processes may reach each other's memory; for others the agents copy.",
                remedy: "sysctl kernel.yama.ptrace_scope=1 (3 lasts until the next boot).")
        }
    }

    static func processNamespace() -> Finding {
        let inode = Host.pidNamespaceInode()
        let initial: UInt64 = 0xEFFF_FFFC
        let value = inode == initial ? "the machine's own" : inode.map { "\($0) (a container)" } ?? "unknown"
        return Finding(
            "PID namespace", value, .neutral,
            "Programs reach each other within one network namespace; across PID namespaces the agents copy.",
            remedy: inode == initial ? "" : "To span containers: docker run --network host; and --pid host to be fast.")
    }
}
