// TestFolder.swift - a folder for a test's files, removed at the end.
import Glibc
import Platform
import Testing

/// A new folder under /tmp.
final class TestFolder {
    let path: String
    private var files: [String] = []

    init(name: String = "verbena-test") throws {
        path = "/tmp/\(name)-\(getpid())-\(Clock.monotonicNanoseconds())"
        try #require(unsafe mkdir(path, 0o755) == 0)
    }

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8], mode: UInt32) throws -> String {
        let file = path + "/" + name
        let descriptor = OwnedDescriptor(adopting: unsafe open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        try #require(unsafe write(descriptor.number, bytes, bytes.count) == bytes.count)
        try #require(fchmod(descriptor.number, mode) == 0)
        files.append(file)
        return file
    }

    func script(_ name: String, _ text: String, mode: UInt32 = 0o755) throws -> String {
        try file(name, Array("#!/bin/sh\n\(text)\n".utf8), mode: mode)
    }

    deinit {
        for file in files { unsafe unlink(file) }
        unsafe rmdir(path)
    }
}
