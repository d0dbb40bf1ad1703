// LitmusFiles.swift - finds, reads and writes the files of the litmus commands.
//
// Owns: the walk through folders for *.litmus, in the order of their names. Counterpart: opendir(3), fopen(3).
import ArgumentParser
import Glibc
import Litmus

/// Files of the litmus commands.
enum LitmusFiles {
    /// The scenario files that paths name: files as they are, folders with all below them, by name.
    static func find(_ paths: [String]) throws -> [String] {
        var found: [String] = []
        for path in paths {
            if let entries = entries(of: path) {
                found += try find(entries.map { "\(path)/\($0)" }.filter { $0.hasSuffix(".litmus") || self.entries(of: $0) != nil })
            } else {
                found.append(path)
            }
        }
        return found
    }

    /// The names in a folder, sorted; nil if it is none.
    private static func entries(of path: String) -> [String]? {
        guard let folder = unsafe opendir(path) else { return nil }
        defer { _ = unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The whole text of a file.
    static func read(_ path: String) throws -> String {
        guard let file = unsafe fopen(path, "r") else {
            throw ValidationError("cannot read '\(path)': \(unsafe String(cString: strerror(errno)))")
        }
        defer { _ = unsafe fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe fread(&piece, 1, piece.count, file)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    /// Replaces a file's text.
    static func write(_ text: String, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else {
            throw ValidationError("cannot write '\(path)': \(unsafe String(cString: strerror(errno)))")
        }
        let bytes = Array(text.utf8)
        let written = unsafe fwrite(bytes, 1, bytes.count, file)
        guard unsafe fclose(file) == 0, written == bytes.count else { throw ValidationError("cannot write '\(path)' to its end") }
    }

    /// Reads scenarios; the first mistake is printed with its place, and the command ends with code 2.
    static func scenarios(_ paths: [String]) throws -> [Scenario] {
        let files = try find(paths)
        guard !files.isEmpty else { throw ValidationError("no scenario file (*.litmus) in \(paths.joined(separator: ", "))") }
        var scenarios: [Scenario] = []
        var mistakes = false
        for file in files {
            do throws(ScenarioError) {
                scenarios.append(try ScenarioParser.parse(try text(of: file), file: file))
            } catch {
                complain(error.description)
                mistakes = true
            }
        }
        if mistakes { throw ExitCode(2) }
        return scenarios
    }

    private static func text(of file: String) throws(ScenarioError) -> String {
        do { return try read(file) } catch {
            throw ScenarioError(file: file, line: 1, column: 1, text: "", found: "\(error)", expected: "a readable file")
        }
    }

    /// Prints to standard error.
    static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe Glibc.write(2, bytes, bytes.count)
    }

    /// Colour is for terminals.
    static var isTerminal: Bool { isatty(1) == 1 }

    /// Progress is for terminals.
    static var isErrorTerminal: Bool { isatty(2) == 1 }
}
