// WaitingTests.swift - event counters, polling, clocks and threads.
import CPlatformTestSupport
import Glibc
import Platform
import Synchronization
import Testing

@Suite struct WaitingTests {
    private func setNonBlocking(_ descriptor: Int32) {
        #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
    }

    private func consumeFailure(_ descriptor: Int32) -> Int32? {
        do {
            try EventDescriptor.consume(descriptor)
            return nil
        } catch {
            return error.number
        }
    }

    @Test func aSemaphoreGivesOneAtATime() throws {
        let event = try EventDescriptor.create(semaphore: true)
        setNonBlocking(event.number)
        #expect(EventDescriptor.signal(event.number) && EventDescriptor.signal(event.number))
        #expect(try EventDescriptor.consume(event.number) == 1)
        #expect(try EventDescriptor.consume(event.number) == 1)
        #expect(consumeFailure(event.number) == EAGAIN)
    }

    @Test func aCounterGivesAllAtOnce() throws {
        let event = try EventDescriptor.create(semaphore: false)
        setNonBlocking(event.number)
        #expect(EventDescriptor.signal(event.number) && EventDescriptor.signal(event.number))
        #expect(try EventDescriptor.consume(event.number) == 2)
        #expect(consumeFailure(event.number) == EAGAIN)
    }

    @Test func whatIsNoCounterIsReported() {
        errno = 77
        let signalled = EventDescriptor.signal(-1)
        #expect(errno == 77)
        #expect(!signalled)
        #expect(consumeFailure(-1) == EBADF)
    }

    @Test func pollingSeesWhatCame() throws {
        let quiet = try EventDescriptor.create(semaphore: true)
        let loud = try EventDescriptor.create(semaphore: true)
        var entries = [PollEntry(descriptor: quiet.number), PollEntry(descriptor: loud.number), PollEntry(descriptor: -1)]
        func wait(_ nanoseconds: UInt64?) throws -> Int {
            try unsafe entries.withUnsafeMutableBufferPointer { try unsafe Poller.wait($0, timeoutNanoseconds: nanoseconds) }
        }
        let start = Clock.monotonicNanoseconds()
        #expect(try wait(2_000_000) == 0)
        #expect(Clock.monotonicNanoseconds() - start >= 2_000_000)
        #expect(EventDescriptor.signal(loud.number))
        #expect(try wait(nil) == 1)
        #expect(entries[0].seen.isEmpty && entries[1].seen == .readable && entries[2].seen.isEmpty)
        entries[0].awaited = .writable
        #expect(try wait(0) == 2)
    }

    @Test func pollingTellsOfTheLost() throws {
        let pipe = try TestPipe()
        #expect(close(pipe.writer) == 0)
        try pipe.expectEnd()
        var entries = [PollEntry(descriptor: pipe.reader), PollEntry(descriptor: 1_000_000)]
        let count = try unsafe entries.withUnsafeMutableBufferPointer { try unsafe Poller.wait($0, timeoutNanoseconds: 0) }
        #expect(count == 2)
        #expect(entries[0].seen == .hungUp && entries[1].seen == .notOpen)
    }

    @Test func timePasses() {
        let start = Clock.monotonicNanoseconds()
        Clock.sleep(nanoseconds: 3_000_000)
        #expect(Clock.monotonicNanoseconds() - start >= 3_000_000)
        #expect(Clock.realtimeNanoseconds() / 1_000_000_000 - UInt64(time(nil)) <= 1)
        Clock.yield()
        Clock.relax()
    }

    /// What a started thread found out about itself.
    private final class Findings: Sendable {
        let blocked = Atomic<UInt64>(0)
        let name = Mutex<String>("")
        let done = Atomic<Bool>(false)
    }

    @Test func aThreadBlocksSignalsAndBearsItsName() throws {
        let findings = Findings()
        let argument = unsafe Unmanaged.passRetained(findings).toOpaque()
        try unsafe Thread.start(name: "a-name-that-is-too-long", stackBytes: 512 * 1024, { argument in
            guard let argument = unsafe argument else { return nil }
            let findings = unsafe Unmanaged<Findings>.fromOpaque(argument).takeRetainedValue()
            var mask = sigset_t()
            unsafe pthread_sigmask(SIG_BLOCK, nil, &mask)
            let signals = (1...31).filter { unsafe sigismember(&mask, $0) == 1 }
            findings.blocked.store(signals.reduce(0) { $0 | 1 << UInt64($1) }, ordering: .relaxed)
            let name = Host.processName(verbena_test_thread_number()) ?? ""
            findings.name.withLock { $0 = name }
            findings.done.store(true, ordering: .releasing)
            return nil
        }, argument: argument)
        try waitUntil { findings.done.load(ordering: .acquiring) }
        let blocked = findings.blocked.load(ordering: .relaxed)
        for signal in [SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGCHLD, SIGPIPE] { #expect(blocked >> UInt64(signal) & 1 == 1) }
        for signal in [SIGSEGV, SIGBUS] { #expect(blocked >> UInt64(signal) & 1 == 0) }
        #expect(findings.name.withLock { $0 } == "a-name-that-is-")
        #expect(!GuardedCopy.threadBlocksFaults())
    }

    @Test func aThreadThatCannotStartIsReported() {
        #expect(throws: SystemError.self) {
            try unsafe Thread.start(name: "no stack", stackBytes: 1, { _ in nil }, argument: nil)
        }
    }
}
