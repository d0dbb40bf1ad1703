// Mailbox.swift - one line from one process to another, through a file that appears whole.

import Foundation
import Testing

/// Lines in files.
enum Mailbox {
    /// A folder of its own.
    static func folder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "verbena-mailbox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }

    static func put(_ line: String, _ path: String) throws { try line.write(toFile: path, atomically: true, encoding: .utf8) }

    /// Waits for the line; the guard against hanging fails the test.
    static func take(_ path: String) throws -> String {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let line = try? String(contentsOfFile: path, encoding: .utf8) { return line }
            usleep(1000)
        }
        return try #require(nil, "\(path) does not appear")
    }
}
