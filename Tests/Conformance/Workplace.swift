// Workplace.swift - where the clients run: the library under test, a folder that every user reaches, compiled clients.

import Foundation
import Glibc

/// Set up once for the whole run.
struct Workplace: Sendable {
    let folder: String
    /// The preload library, where an unprivileged user can read it too.
    let preload: String

    static let shared = Result { try Workplace() }

    private static var path: String { NSTemporaryDirectory() + "verbena-conformance-\(getpid())" }

    private init() throws {
        folder = Self.path
        let files = FileManager.default
        atexit { try? FileManager.default.removeItem(atPath: Workplace.path) }
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The sticky bit as in /tmp: clients of several users leave their output here.
        unsafe chmod(folder, 0o1777)
        let built = try Self.builtLibrary()
        preload = folder + "/libverbena-preload.so"
        try files.copyItem(atPath: built, toPath: preload)
        unsafe chmod(preload, 0o755)
    }

    /// VERBENA_PRELOAD names it; else it is the one that was built with these tests.
    private static func builtLibrary() throws -> String {
        if let named = ProcessInfo.processInfo.environment["VERBENA_PRELOAD"] {
            return URL(filePath: named).path
        }
        return try built("libverbena-preload.so")
    }

    /// What was built with these tests lies beside their bundle.
    static func built(_ product: String) throws -> String {
        let beside = URL(filePath: testBundlePath()).deletingLastPathComponent()
        let path = beside.appending(path: product).path
        guard FileManager.default.fileExists(atPath: path) else {
            throw ChildProcess.StartFailure(description: "\(path) is not there: build the package first")
        }
        return path
    }

    /// The bundle is mapped into this process: the kernel knows its path.
    private static func testBundlePath() -> String {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }
        return line.flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } } ?? ""
    }

    /// Starts a program as a user, with the device in front of it.
    func start(_ arguments: [String], as user: User, environment: [String: String] = [:]) throws -> ChildProcess {
        var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C", "LD_PRELOAD": preload]
        // A fabric of this run's own: nobody else's processes are seen on it.
        variables["VERBENA_FABRIC"] = "conformance-\(getpid())"
        variables.merge(environment) { $1 }
        return try ChildProcess(user.prefix + arguments, environment: variables, output: folder)
    }

    /// Compiles a client of ours against the system's headers; the same one is compiled once.
    func compile(_ client: String) throws -> String {
        let binary = folder + "/" + client
        if FileManager.default.fileExists(atPath: binary) { return binary }
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Clients").path
        let inputs = try FileManager.default.contentsOfDirectory(atPath: sources).sorted()
            .filter { $0 == "\(client).c" || $0.hasPrefix("\(client)_") && $0.hasSuffix(".c") }
            .map { sources + "/" + $0 }
        let compiler = try ChildProcess(
            ["cc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", binary, "-I", sources] + inputs
                + ["-libverbs", "-ldl"],
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/", "LANG": "C"], output: folder)
        guard compiler.wait(seconds: 120) == .exited(0) else {
            throw ChildProcess.StartFailure(description: "cc \(client): \(compiler.output)")
        }
        return binary
    }
}
