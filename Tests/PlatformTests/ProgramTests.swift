// ProgramTests.swift - programs are found as a shell finds them, and known for what they are.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct ProgramTests {
    private func failure(_ name: String) -> Int32? {
        do {
            _ = try Program.locate(name)
            return nil
        } catch {
            return error.number
        }
    }

    @Test func programsAreFoundAlongThePath() throws {
        #expect(try Program.locate("sh").hasSuffix("/sh"))
        #expect(try Program.locate("/bin/sh") == "/bin/sh")
        #expect(failure("no-such-program-here") == ENOENT)
        #expect(failure("/no/such/program") == ENOENT)
        #expect(failure("/tmp") == EACCES)
        #expect(failure("/etc/passwd") == EACCES)
    }

    @Test func privilegesAreThoseThatWouldBeGained() throws {
        #expect(try Program.privilege("/bin/sh") == nil)
        #expect { _ = try Program.privilege("/no/such/program") } throws: { ($0 as? SystemError)?.number == ENOENT }
    }

    /// An ELF file that is a header and one program header of the given type.
    private func program(kind: UInt8, header: UInt8) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 120)
        bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
        bytes[16] = kind
        bytes[32] = 64
        bytes[54] = 56
        bytes[56] = 1
        bytes[64] = header
        let path = "/tmp/verbena-test-elf-\(getpid())-\(kind)-\(header)"
        let descriptor = OwnedDescriptor(adopting: unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
        try #require(unsafe write(descriptor.number, bytes, bytes.count) == bytes.count)
        return path
    }

    @Test(arguments: [
        (kind: 2, header: 1, isStatic: true), (kind: 3, header: 1, isStatic: true), (kind: 2, header: 3, isStatic: false),
        (kind: 3, header: 3, isStatic: false), (kind: 1, header: 1, isStatic: false),
    ] as [(kind: UInt8, header: UInt8, isStatic: Bool)])
    func whatHasNoInterpreterIsStatic(_ given: (kind: UInt8, header: UInt8, isStatic: Bool)) throws {
        let path = try program(kind: given.kind, header: given.header)
        defer { unsafe unlink(path) }
        #expect(Program.isStaticallyLinked(path) == given.isStatic)
    }

    @Test func ordinaryProgramsAreNotStatic() {
        #expect(!Program.isStaticallyLinked("/bin/sh"))
        #expect(!Program.isStaticallyLinked("/etc/passwd"))
        #expect(!Program.isStaticallyLinked("/no/such/program"))
    }

    @Test func librariesAreWhereTheLinkerFindsThem() throws {
        let path = try #require(Program.libraryPath("libc.so.6"))
        #expect(path.hasPrefix("/") && path.contains("libc"))
        #expect(Program.libraryPath("libno-such-library.so.1") == nil)
    }

    @Test func aProgramThatCannotBeStartedIsReported() {
        #expect(Program.replaceSelf(path: "/no/such/program", arguments: ["x"]).number == ENOENT)
        #expect(Program.replaceSelf(path: "/tmp", arguments: []).number == EACCES)
    }

    /// Each refusal must be what the same call gives when made here.
    @Test func theTrialAgreesWithTheCalls() throws {
        let trial = try SiblingTrial.run()
        var word: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        var copy: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        let moved = withAddress(of: &word) { from in
            withAddress(of: &copy) { to in
                let local = [IOVector(base: to, length: 8)], remote = [IOVector(base: from, length: 8)]
                return unsafe ProcessMemory.read(
                    from: getpid(), local: local, localCount: 1, remote: remote, remoteCount: 1)
            }
        }
        if trial.readRefusal == nil { #expect(moved == 8 && copy == word) }
        if moved == -Int(ENOSYS) { #expect(trial.readRefusal == ENOSYS) }
    }

    @Test func theTrialSeesAFilter() {
        #expect(verbena_test_run_child(verbena_test_child_siblings_when_denied, 0) == 0)
    }

    @Test func facilitiesOfTheKernel() throws {
        #expect(Host.kernelRelease.first?.isNumber == true)
        #expect(Host.executablePath?.hasPrefix("/") == true)
        #expect(Host.ownStatus("Pid") == String(getpid()))
        #expect(Host.ownStatus("NoSuchField") == nil)
        #expect(Host.ioUringRefusal() != 0 && MappingEvents.refusal() != 0)
        try Host.setEnvironment("VERBENA_TEST_SET", "1")
        #expect(Host.environment("VERBENA_TEST_SET") == "1")
        #expect(throws: SystemError.self) { try Host.setEnvironment("a=b", "1") }
    }

    @Test func smallFilesAreReadWhole() throws {
        #expect(SmallFile.text("/proc/sys/kernel/ostype") == "Linux")
        #expect(SmallFile.read("/proc/self/maps").map { $0.count > 4096 } == true, "more than one piece")
        #expect(SmallFile.read("/proc/self/exe", limit: 1)?.first == 0x7F)
        #expect(SmallFile.read("/no/such/file") == nil)
        #expect(SmallFile.linkTarget("/proc/self/cwd")?.hasPrefix("/") == true)
        #expect(SmallFile.linkTarget("/etc/passwd") == nil)
    }
}
