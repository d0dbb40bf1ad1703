// ProviderTests.swift - `verbena provider`: how it ends while its memory is used.
import Glibc
import Platform
import Testing

@Suite struct ProviderTests {
    /// A running provider, whose memory is open here.
    private final class Provider {
        let pid: Int32
        let memory: Int32
        let output: SharedFile

        init(_ options: [String]) throws {
            output = try SharedFile()
            pid = try CommandRun.start(["provider", "--size", "64K"] + options, [:], nil, output.number, output.number)
            let end = Clock.monotonicNanoseconds() + 60_000_000_000
            while !output.text.hasSuffix("\n") {
                try #require(Clock.monotonicNanoseconds() < end, "it never said where its memory is")
                Clock.sleep(nanoseconds: 1_000_000)
            }
            memory = unsafe open(String(output.text.dropLast()), O_RDWR | O_CLOEXEC)
            try #require(memory >= 0, "\(output.text)")
        }

        deinit { close(memory) }

        /// A lease of its second page, as a registration holds one.
        func lease() throws(SystemError) -> ProvidedMemoryLease? {
            try ProvidedMemoryLease.take(descriptor: memory, offset: 4096, byteCount: 4096)
        }

        /// Whether it has ended: its process is a zombie.
        var hasEnded: Bool { (SmallFile.text("/proc/\(pid)/stat") ?? ") Z").contains(") Z") }

        func awaitRefusal() throws {
            let end = Clock.monotonicNanoseconds() + 60_000_000_000
            while true {
                do throws(SystemError) {
                    _ = try lease()
                } catch {
                    #expect(error.number == ENODEV)
                    return
                }
                try #require(Clock.monotonicNanoseconds() < end, "it refuses nobody")
                Clock.sleep(nanoseconds: 1_000_000)
            }
        }
    }

    private static func bytes(_ memory: Int32) throws -> UInt64 { try ProvidedMemory(descriptor: memory).byteCount() }

    @Test func itWaitsForTheLastUser() throws {
        let provider = try Provider([])
        let (pid, memory) = (provider.pid, provider.memory)
        #expect(try Self.bytes(memory) == 65536)
        let first = try provider.lease(), second = try provider.lease()
        kill(pid, SIGTERM)
        try provider.awaitRefusal()
        _ = consume first
        let hasEnded = provider.hasEnded
        #expect(!hasEnded)
        #expect(try Self.bytes(memory) == 65536)
        _ = consume second
        let (status, signal) = try CommandRun.wait(pid)
        #expect(status == 0 && signal == nil)
    }

    @Test func aSecondSignalEndsItAtOnce() throws {
        let provider = try Provider([])
        let (pid, memory) = (provider.pid, provider.memory)
        let lease = try provider.lease()
        kill(pid, SIGINT)
        try provider.awaitRefusal()
        kill(pid, SIGINT)
        #expect(try CommandRun.wait(pid).signal == SIGINT)
        #expect(try Self.bytes(memory) == 65536)
        _ = consume lease
    }

    @Test func itRevokesForGood() throws {
        let provider = try Provider(["--revoke"])
        let (pid, memory) = (provider.pid, provider.memory)
        let lease = try provider.lease()
        kill(pid, SIGTERM)
        #expect(try CommandRun.wait(pid).status == 0)
        #expect(try Self.bytes(memory) == 0)
        #expect(ftruncate(memory, 65536) == -1 && errno == EPERM)
        _ = consume lease
    }

    @Test(arguments: ["none", "-1", "9223372036854775808"])
    func noSuchSize(size: String) throws {
        let run = try CommandRun.verbena(["provider", "--size", size])
        #expect(run.status != 0 && run.output.isEmpty && !run.errors.isEmpty)
    }
}
