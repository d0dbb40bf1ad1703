// Run.swift - a program that a test starts: what it is told, and what it prints.
//
// Owns: the process; killed when the guard against hanging strikes, so that no test waits for ever.

import Foundation
import Testing

/// A started program.
final class Run: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe(), output = Pipe(), errorOutput = Pipe()
    static let guardSeconds = 120.0

    /// Starts a program of the build folder, or of a path, without any device in front of it.
    init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        process.executableURL =
            program.hasPrefix("/") ? URL(filePath: program) : try Self.buildFolder.appending(path: program)
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        variables["LD_PRELOAD"] = nil
        process.environment = variables.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errorOutput
        try process.run()
        let process = process
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.guardSeconds) {
            if process.isRunning { process.terminate() }
        }
    }

    static var buildFolder: URL {
        get throws { try #require(Bundle.main.executableURL).resolvingSymlinksInPath().deletingLastPathComponent() }
    }

    /// Gives it a line on its standard input.
    func tell(_ line: String) { input.fileHandleForWriting.write(Data((line + "\n").utf8)) }

    /// The next line of its standard output; nil at its end.
    func line() -> String? {
        var bytes: [UInt8] = []
        while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for its end: everything that it had still to print, and its status.
    func finish() -> (status: Int32, output: String, errors: String) {
        try? input.fileHandleForWriting.close()
        let printed = try? output.fileHandleForReading.readToEnd()
        let errors = try? errorOutput.fileHandleForReading.readToEnd()
        process.waitUntilExit()
        return (
            process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
            String(decoding: printed ?? Data(), as: UTF8.self), String(decoding: errors ?? Data(), as: UTF8.self)
        )
    }

    /// Stops it, whatever it is doing.
    func stop() { process.terminate() }

    /// Starts a program and waits for its end.
    static func toEnd(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        try Run(program, arguments).finish()
    }
}
