// StuckProcess.swift - what can be said of programs that did not end: where their threads are, and what the device knows of them.
//
// Counterpart: proc(5); `verbena status`. Each word is of one moment: who is killed next tells nothing any more.

import Foundation

/// A process group that hangs.
struct StuckProcess {
    let group: pid_t

    /// A line for each thread of the group: its name and state, the time it has used, where it waits.
    var description: String {
        let threads = members.flatMap { Self.entries("/proc/\($0)/task") }.map { thread in
            let waits = Self.line("/proc/\(thread)/wchan"), call = Self.line("/proc/\(thread)/syscall")
            return "  thread \(thread): \(Self.line("/proc/\(thread)/stat").prefix(120)) at \(waits) in \(call)"
        }
        return (["did not end; its threads:"] + threads + [status]).joined(separator: "\n")
    }

    private var members: [pid_t] {
        Self.entries("/proc").filter { process in
            // The name is in parentheses; the group is the third word after it.
            let words = Self.line("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            return words.count > 2 && Int32(words[2]) == group
        }
    }

    private var status: String {
        guard let library = ProcessInfo.processInfo.environment["VERBENA_PRELOAD"] else { return "" }
        let program = URL(fileURLWithPath: library).deletingLastPathComponent().appendingPathComponent("verbena")
        let process = Process(), pipe = Pipe()
        (process.executableURL, process.arguments, process.standardOutput) = (program, ["status", "--json"], pipe)
        guard (try? process.run()) != nil else { return "" }
        let text = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    private static func entries(_ directory: String) -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).compactMap { pid_t($0) }.sorted()
    }

    private static func line(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "?" }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
