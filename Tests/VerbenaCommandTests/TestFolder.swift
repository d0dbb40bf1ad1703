// TestFolder.swift - a folder for a test's files, removed at the end.
//
// Other processes write them: a file that a forked child of this one still holds open for writing cannot be executed.
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

    /// Copies a file and gives the copy's path.
    func copy(of original: String, _ name: String) throws -> String {
        let run = try CommandRun.verbena([original, place(name)], program: "/bin/cp")
        try #require(run.status == 0, "\(run.errors)")
        return place(name)
    }

    /// Writes a shell script and gives its path.
    func script(_ name: String, _ text: String, interpreter: String = "/bin/sh", mode: String = "755") throws -> String {
        let writing = "printf '#!%s\\n%s\\n' \"$1\" \"$2\" >\"$3\" && chmod \(mode) \"$3\""
        let run = try CommandRun.verbena(["-c", writing, "sh", interpreter, text, place(name)], program: "/bin/sh")
        try #require(run.status == 0, "\(run.errors)")
        return place(name)
    }

    /// Where a file of this folder is; it will be removed.
    private func place(_ name: String) -> String {
        let file = path + "/" + name
        if !files.contains(file) { files.append(file) }
        return file
    }

    deinit {
        for file in files { unsafe unlink(file) }
        unsafe rmdir(path)
    }
}
