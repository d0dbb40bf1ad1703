// MemoryGroup.swift - a memory cgroup for one case.
//
// Counterpart: cgroups(7); memory.limit_in_bytes of version 1, memory.max of version 2.

import Foundation
import Glibc

/// A group with a limit, removed with this value's owner.
final class MemoryGroup {
    private let folder: String
    private let isUnified: Bool

    /// Why no group can be made here; nil where one can.
    static let obstacle: String? = {
        do {
            _ = try MemoryGroup(limit: 64 << 20)
            return nil
        } catch {
            return "no memory cgroup can be made here: \(error)"
        }
    }()

    init(limit: Int) throws {
        let old = "/sys/fs/cgroup/memory"
        isUnified = !FileManager.default.fileExists(atPath: old + "/memory.limit_in_bytes")
        let root = isUnified ? "/sys/fs/cgroup" : old
        folder = "\(root)/verbena-conformance-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        if isUnified { try Self.write("+memory", root + "/cgroup.subtree_control") }
        guard unsafe mkdir(folder, 0o755) == 0 else { throw ChildProcess.StartFailure(description: "\(folder): errno \(errno)") }
        do {
            try Self.write(String(limit), folder + (isUnified ? "/memory.max" : "/memory.limit_in_bytes"))
        } catch {
            unsafe rmdir(folder)
            throw error
        }
    }

    deinit {
        // What was killed in it takes a moment to leave.
        for _ in 0..<200 where unsafe rmdir(folder) != 0 { usleep(10_000) }
    }

    /// Who writes "0" here joins.
    var processes: String { folder + "/cgroup.procs" }

    /// Lets everybody join who may be in it.
    func openToAll() { unsafe chmod(processes, 0o666) }

    /// How many of its processes the kernel has killed for passing the limit.
    var killCount: Int {
        let text = (try? String(contentsOfFile: folder + (isUnified ? "/memory.events" : "/memory.oom_control"), encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
    }

    private static func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
