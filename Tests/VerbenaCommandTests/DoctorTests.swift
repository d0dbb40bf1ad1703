// DoctorTests.swift - `verbena doctor`: its two forms say the same, and its exit status follows from its findings.
import CPlatformTestSupport
import Glibc
import Testing

@testable import Platform
@testable import verbena

@Suite struct DoctorTests {
    @Test func theTableAndTheStatusAgree() throws {
        let run = try CommandRun.verbena(["doctor"])
        let failed = run.output.split(separator: "\n").contains { $0.hasPrefix("fail ") }
        #expect(run.status == (failed ? 1 : 0))
        #expect(run.output.contains(failed ? "The device cannot work here" : "The device can work here."))
        #expect(!run.output.contains("\u{1B}"), "no colour without a terminal")
        for name in ["kernel", "memfd", "process memory", "pidfd_getfd", "memlock limit", "rdma-core", "seccomp"] {
            #expect(run.output.contains(name))
        }
    }

    /// What is missing must not keep the program from starting and saying so.
    @Test func theProgramStartsWithoutVerbsAndRings() throws {
        let needed = try CommandRun.verbena([], environment: ["LD_TRACE_LOADED_OBJECTS": "1"]).output
        #expect(needed.contains("libc.so"))
        #expect(!needed.contains("libibverbs") && !needed.contains("liburing"), "\(needed)")
    }

    @Test func coloursAreForTerminals() throws {
        let script = "/usr/bin/script"
        try #require(SmallFile.read(script, limit: 1) != nil, "Debian: apt-get install bsdutils")
        let words = ["-qec", "\(CommandRun.buildFolder)/verbena doctor", "/dev/null"]
        let escape = "\u{1B}["
        #expect(try CommandRun.verbena(words, program: script).output.contains(escape))
        #expect(try !CommandRun.verbena(words, environment: ["NO_COLOR": "1"], program: script).output.contains(escape))
    }

    @Test func everyFindingIsInTheJSON() throws {
        let run = try CommandRun.verbena(["doctor", "--json"])
        #expect(run.output.hasPrefix("{\n  \"works\": \(run.status == 0),\n  \"findings\": ["))
        for finding in Examination.all() { #expect(run.output.contains("\"finding\": \"\(finding.name)\"")) }
        #expect(run.output.contains("\"value\": \"\(Host.kernelRelease)\""))
    }

    @Test func withoutTheLibraryTheDeviceCannotWork() throws {
        // No folder of the copy holds it; the program is started by the dynamic linker, which is then /proc/self/exe.
        let loader = "/lib64/ld-linux-x86-64.so.2"
        let path = CommandRun.buildFolder + "/verbena"
        let run = try CommandRun.verbena([path, "doctor"], program: loader)
        #expect(run.status == 1)
        #expect(run.output.contains("The device cannot work here"))
    }

    /// The agents copy instead.
    @Test func aFilterThatRefusesProcessAccessIsALimit() {
        let refused = SiblingTrial(writeRefusal: EPERM, readRefusal: EPERM, duplicateRefusal: EPERM)
        for finding in [Examination.memoryAccess(refused), Examination.descriptorAccess(refused)] {
            #expect(finding.grade == .limiting && finding.consequence.contains("The agent of each process"))
            #expect(finding.value.contains("Operation not permitted") && !finding.remedy.isEmpty)
        }
        let words: [UnsafeMutablePointer<CChar>?] = unsafe [
            strdup(CommandRun.buildFolder + "/verbena"), strdup("doctor"), nil,
        ]
        defer { unsafe words.forEach { unsafe free($0) } }
        let status = unsafe words.withUnsafeBufferPointer { vector in
            verbena_test_run_child(verbena_test_child_becomes_denied, UInt64(UInt(bitPattern: vector.baseAddress)))
        }
        #expect(status == 0)
    }

    @Test func aKernelVersionIsGraded() {
        #expect(Examination.kernel().value == Host.kernelRelease)
        #expect(Examination.outcome(ErrorNumber.notPermitted, "works") == "refused (Operation not permitted)")
        #expect(Examination.outcome(nil, "works") == "works")
    }
}
