// Compiler.swift - lets the compiler judge a program that uses the library, without building it.

import Foundation
import Testing

/// The Swift compiler, on the modules that this test was built with.
enum Compiler {
    /// "LINE: MESSAGE" of each error in a program, by line; at each line the first. Line 0 is for what has none.
    static func errors(in program: String) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "verbena-snippets-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "snippet.swift")
        try program.write(to: file, atomically: true, encoding: .utf8)
        let build = try #require(Bundle.main.executableURL).resolvingSymlinksInPath().deletingLastPathComponent()
        let run = try Run.toEnd(
            "/usr/bin/env",
            [
                "swiftc", "-swift-version", "6", "-emit-sil", "-o", "/dev/null",
                "-I", build.appending(path: "Modules").path,
                "-Xcc", "-fmodule-map-file=" + build.appending(path: "CPlatform.build/module.modulemap").path, file.path,
            ])
        var found: [Int: String] = run.status == 0 ? [:] : [0: run.errors]
        for line in run.errors.split(separator: "\n") where line.hasPrefix(file.path + ":") {
            let parts = line.split(separator: ":", maxSplits: 4).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 5, parts[3] == "error", let number = Int(parts[1]), found[number] == nil else { continue }
            // The compiler appends the name of a page that explains more.
            found[number] = parts[4].replacing(/\s\[#\w+\]$/, with: "")
        }
        if found.count > 1 { found[0] = nil }
        return found.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    }
}
