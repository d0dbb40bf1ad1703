// ReleaseLibrary.swift - the built library that is read.

import Foundation

/// The release build of libverbena-preload.so: debug builds check and count what release builds do not.
struct ReleaseLibrary {
    let path: String
    /// Another file of the same build.
    func beside(_ name: String) throws -> ReleaseLibrary {
        try ReleaseLibrary(path: URL(filePath: path).deletingLastPathComponent().appending(path: name).path)
    }

    /// What could not be read, and what to do about it.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    init(thisFile: String = #filePath) throws {
        let root = URL(filePath: thisFile).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let built = root.appending(path: ".build/release/libverbena-preload.so").path
        try self.init(path: ProcessInfo.processInfo.environment["VERBENA_PRELOAD"] ?? built)
    }

    private init(path: String) throws {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else {
            throw Unreadable(description: "\(path) is not there: swift build --configuration release")
        }
    }

    /// The calls of our own functions; the Swift runtime that is linked into the library stays outside.
    func callGraph() throws -> CallGraph {
        // The whole disassembly is some hundred megabytes: awk keeps our functions' branches.
        let ours = #"^[0-9a-f]+ <(\$s(6Device|8VerbsABI|6Fabric|5Verbs|8Platform|4RDMA|13swift_latency)|verbena_|ibv_|rdma_)"#
        let keep = #"/^[0-9a-f]+ </ { ours = $0 ~ /"# + ours + #"/ } ours && /(>:$|\t(call|j[a-z]+) )/"#
        let listing = try Self.output(
            of: "objdump --disassemble --no-show-raw-insn \"$1\" | awk \"$2\"", [path, keep])
        let graph = CallGraph(listing: listing, sizes: try functionSizes())
        guard !graph.calls.isEmpty else { throw Unreadable(description: "no function of ours in \(path)") }
        return graph
    }

    /// The functions that call or jump to each of these, the runtime's too.
    func callers(of symbols: [String]) throws -> [String: Set<String>] {
        let keep = #"""
            BEGIN { split(targets, list, " "); for (place in list) wanted["<" list[place] ">"] }
            /^[0-9a-f]+ </ { name = $2 }
            /\t(call|jmp) / && $NF in wanted { print $NF, name }
            """#
        let listing = try Self.output(
            of: "objdump --disassemble --no-show-raw-insn \"$1\" | awk -v targets=\"$3\" \"$2\"",
            [path, keep, symbols.joined(separator: " ")])
        var callers: [String: Set<String>] = [:]
        for line in listing.split(separator: "\n") {
            let words = line.split(separator: " ")
            callers[String(words[0].dropFirst().dropLast()), default: []].insert(String(words[1].dropFirst().dropLast(2)))
        }
        return callers
    }

    /// Bytes of each function, by symbol.
    private func functionSizes() throws -> [String: UInt64] {
        let symbols = try Self.output(of: "nm --print-size --defined-only \"$1\" | grep -i ' t '", [path])
        let sizes = symbols.split(separator: "\n").compactMap { line -> (String, UInt64)? in
            let words = line.split(separator: " ")
            guard words.count == 4, let size = UInt64(words[1], radix: 16), size > 0 else { return nil }
            return (String(words[3]), size)
        }
        return Dictionary(sizes) { first, second in max(first, second) }
    }

    /// Mangled symbols to the names that people write.
    static func demangled(_ symbols: [String]) throws -> [String: String] {
        let file = NSTemporaryDirectory() + "verbena-symbols-\(UUID().uuidString)"
        try symbols.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let names = try output(of: "swift demangle --compact < \"$1\"", [file]).split(separator: "\n").map(String.init)
        guard names.count == symbols.count else { throw Unreadable(description: "swift demangle lost a name") }
        return Dictionary(zip(symbols, names)) { first, _ in first }
    }

    private static func output(of script: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-o", "pipefail", "-c", script, "bash"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Unreadable(description: "\(script): exit \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
