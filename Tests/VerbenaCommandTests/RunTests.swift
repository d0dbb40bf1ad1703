// RunTests.swift - `verbena run`: what the program gets, and that it ends as if it had been started without.
import Glibc
import Platform
import Testing

@Suite struct RunTests {
    private let library = CommandRun.buildFolder + "/libverbena-preload.so"

    /// The environment that the program was given.
    private func environment(
        _ options: [String], _ given: [String: String] = [:]
    ) throws -> [String: String] {
        let run = try CommandRun.verbena(["run"] + options + ["--", "env"], environment: given)
        #expect(run.status == 0, "\(run.errors)")
        let pairs = run.output.split(separator: "\n").compactMap { line -> (String, String)? in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs) { $1 }
    }

    @Test func theLibraryIsPreloaded() throws {
        let plain = try environment([])
        #expect(plain["LD_PRELOAD"] == library)
        #expect(plain.keys.allSatisfy { !$0.hasPrefix("VERBENA_") }, "no option, no setting")
        let run = try CommandRun.verbena(["run", "--", "cat", "/proc/self/maps"])
        #expect(run.output.contains("libverbena-preload.so"))
    }

    @Test func whatWasPreloadedStaysBehindIt() throws {
        let others = "/lib/x86_64-linux-gnu/libm.so.6 \(library):/lib/x86_64-linux-gnu/libdl.so.2"
        let list = try environment([], ["LD_PRELOAD": others])["LD_PRELOAD"]
        #expect(list == "\(library):/lib/x86_64-linux-gnu/libm.so.6:/lib/x86_64-linux-gnu/libdl.so.2")
    }

    @Test func optionsBecomeSettings() throws {
        let given = try environment([
            "--devices", "3", "--link-layer", "infiniband", "--memlock", "64K", "--fabric", "blue", "--vendor-part", "4123",
            "--pin", "mlock", "--stale", "strict",
        ])
        #expect(given["VERBENA_DEVICES"] == "3")
        #expect(given["VERBENA_LINK_LAYER"] == "infiniband")
        #expect(given["VERBENA_MEMLOCK"] == "65536")
        #expect(given["VERBENA_FABRIC"] == "blue")
        #expect(given["VERBENA_VENDOR_PART"] == "4123")
        #expect(given["VERBENA_PIN"] == "mlock")
        #expect(given["VERBENA_STALE"] == "strict")
    }

    @Test func anOptionGoesBeforeTheEnvironment() throws {
        let given = try environment(["--devices", "2"], ["VERBENA_DEVICES": "7", "VERBENA_FABRIC": "kept"])
        #expect(given["VERBENA_DEVICES"] == "2")
        #expect(given["VERBENA_FABRIC"] == "kept")
    }

    @Test(arguments: [0, 1, 42, 126, 127, 255]) func exitStatusesPassThrough(_ status: Int32) throws {
        #expect(try CommandRun.verbena(["run", "--", "sh", "-c", "exit \(status)"]).status == status)
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGSEGV, SIGINT, SIGUSR1]) func signalsPassThrough(_ signal: Int32) throws {
        #expect(try CommandRun.verbena(["run", "--", "sh", "-c", "ulimit -c 0; kill -\(signal) $$"]).signal == signal)
    }

    @Test func theProgramHasThisProcess() throws {
        let run = try CommandRun.verbena(["run", "--", "sh", "-c", "echo $PPID"])
        #expect(run.output == "\(getpid())\n", "no process stands between")
    }

    @Test func argumentsArriveAsTheyAre() throws {
        let words = ["-h", "--help", "--devices", "", "two words", "--", "*", "ü"]
        let run = try CommandRun.verbena(["run", "--", "printf", "%s|"] + words)
        #expect(run.output == words.map { $0 + "|" }.joined())
        #expect(try CommandRun.verbena(["run", "echo", "--devices"]).output == "--devices\n", "without -- as well")
    }

    @Test(arguments: ["no-such-program-here", "/no/such/program", "./no-such-program"])
    func aProgramThatIsNotThereIs127(_ name: String) throws {
        let run = try CommandRun.verbena(["run", "--", name])
        #expect(run.status == 127)
        #expect(run.errors.hasPrefix("verbena: \(name): program not found\n"))
        #expect(run.output.isEmpty)
    }

    @Test func aProgramThatCannotBeExecutedIs126() throws {
        let folder = try TestFolder()
        for path in [try folder.script("data", "exit 0", mode: "644"), folder.path] {
            let run = try CommandRun.verbena(["run", "--", path])
            #expect(run.status == 126)
            #expect(run.errors.contains("may not execute it"))
        }
        let found = try CommandRun.verbena(["run", "--", "data"], environment: ["PATH": folder.path])
        #expect(found.status == 126, "found along PATH, as a shell says it")
    }

    @Test func aBrokenInterpreterIs126() throws {
        let folder = try TestFolder()
        let path = try folder.script("script", "", interpreter: "/no/such/interpreter")
        let run = try CommandRun.verbena(["run", "--", path])
        #expect(run.status == 126)
        #expect(run.errors.contains("cannot be started"))
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file to another user"))
    func aProgramOfAnotherUserIsRefused() throws {
        let folder = try TestFolder()
        let path = try folder.copy(of: "/bin/true", "privileged")
        #expect(unsafe chown(path, 65534, 0) == 0)
        #expect(unsafe chmod(path, 0o4755) == 0)
        let run = try CommandRun.verbena(["run", "--", path])
        #expect(run.status == 126)
        #expect(run.errors.contains("set-user-ID"))
        #expect(unsafe chown(path, 0, 65534) == 0)
        #expect(unsafe chmod(path, 0o2755) == 0)
        #expect(try CommandRun.verbena(["run", "--", path]).errors.contains("set-group-ID"))
        #expect(unsafe chown(path, 0, 0) == 0)
        #expect(unsafe chmod(path, 0o4755) == 0)
        #expect(try CommandRun.verbena(["run", "--", path]).status == 0, "root's own gains nothing")
    }

    @Test func aMissingLibraryIs127() throws {
        let folder = try TestFolder()
        let copy = try folder.copy(of: CommandRun.buildFolder + "/verbena", "verbena")
        let variables = ["LD_LIBRARY_PATH": Self.runtimeFolders()]
        let alone = try CommandRun.verbena(["run", "--", "true"], environment: variables, program: copy)
        #expect(alone.status == 127)
        #expect(alone.errors.contains("libverbena-preload.so not found; looked for \(folder.path)/libverbena-preload.so"))
        let named = variables.merging(["VERBENA_PRELOAD": library]) { $1 }
        let run = try CommandRun.verbena(["run", "--", "env"], environment: named, program: copy)
        #expect(run.output.contains("LD_PRELOAD=\(library)\n"))
    }

    @Test func aLibraryWhosePathCannotBeNamedIsRefused() throws {
        let folder = try TestFolder(name: "verbena test")
        let copy = try folder.copy(of: CommandRun.buildFolder + "/verbena", "verbena")
        _ = try folder.copy(of: library, "libverbena-preload.so")
        let variables = ["LD_LIBRARY_PATH": Self.runtimeFolders()]
        let run = try CommandRun.verbena(["run", "--", "true"], environment: variables, program: copy)
        #expect(run.status == 126)
        #expect(run.errors.contains("a space or a colon"))
    }

    /// The folders of the shared libraries that this test runner uses: a copied program has no way of its own to them.
    private static func runtimeFolders() -> String {
        let lines = (SmallFile.text("/proc/self/maps") ?? "").split(separator: "\n")
        let folders = lines.compactMap { line -> String? in
            guard let start = line.firstIndex(of: "/"), line.contains("/swift/") else { return nil }
            return line[start...].split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        }
        return Set(folders).sorted().joined(separator: ":")
    }

    @Test(arguments: [
        ["run"], ["run", "--"], ["run", "--devcies", "2", "--", "true"], ["run", "--devices", "0", "--", "true"],
        ["run", "--devices", "many", "--", "true"], ["run", "--link-layer", "token-ring", "--", "true"],
        ["run", "--memlock", "1X", "--", "true"], ["run", "--memlock", "-1", "--", "true"],
        ["run", "--memlock", "99999999999999999999G", "--", "true"], ["run", "--fabric", "a/b", "--", "true"],
        ["run", "--vendor-part", "4294967296", "--", "true"], ["no-such-subcommand"],
    ])
    func mistakesAreExplained(_ arguments: [String]) throws {
        let run = try CommandRun.verbena(arguments)
        #expect(run.status == 64)
        #expect(run.errors.contains("Usage: verbena"))
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["run", "-h"], ["help", "run"], ["doctor", "--help"]])
    func helpHasExamples(_ arguments: [String]) throws {
        let run = try CommandRun.verbena(arguments)
        #expect(run.status == 0)
        #expect(run.output.contains("Examples:"))
    }
}
