// ProcessIdentityTests.swift - who lives, who died, and who only has the number of one that died.
import CPlatformTestSupport
import Glibc
import Platform
import Testing

@Suite struct ProcessIdentityTests {
    @Test func thisProcessIsAlive() {
        let me = ProcessIdentity.current()
        #expect(me.pid == getpid())
        #expect(me.startTime > 0)
        #expect(me.isAlive())
        #expect(ProcessIdentity.of(pid: me.pid) == me)
    }

    @Test func anotherStartTimeIsAnotherProcess() {
        let me = ProcessIdentity.current()
        #expect(!ProcessIdentity(pid: me.pid, startTime: me.startTime + 1).isAlive())
        #expect(ProcessIdentity.of(pid: 0) == nil)
        #expect(ProcessIdentity.of(pid: -1) == nil)
        #expect(ProcessIdentity.of(pid: .max) == nil)
    }

    @Test func aKilledChildIsDeadBeforeItIsWaitedFor() throws {
        let child = try ChildProcess(verbena_test_child_sleep)
        let identity = try #require(ProcessIdentity.of(pid: child.pid))
        let descriptor = try ProcessDescriptor(pid: child.pid)
        #expect(identity.isAlive())
        #expect(descriptor.isAlive() == true)
        child.kill()
        try waitUntil { !identity.isAlive() && !descriptor.isAlive() }
        #expect(ProcessIdentity.of(pid: child.pid) == nil, "its exit status is all that is left")
        _ = child.wait()
        #expect(!identity.isAlive())
        #expect(descriptor.isAlive() == false)
    }

    @Test func aProcessOutlivesItsFirstThread() throws {
        let child = try ChildProcess(verbena_test_child_thread_outlives_first)
        let identity = try #require(ProcessIdentity.of(pid: child.pid))
        Clock.sleep(nanoseconds: 50_000_000)
        #expect(identity.isAlive())
        child.kill()
        try waitUntil { !identity.isAlive() }
    }

    @Test func aNumberThatNobodyHasCannotBeHeld() {
        #expect { _ = try ProcessDescriptor(pid: .max) } throws: { ($0 as? SystemError)?.number == ESRCH }
    }

    @Test func descriptorsOfAnotherProcessCanBeDuplicated() throws {
        let event = try EventDescriptor.create(semaphore: true)
        let child = try ChildProcess(verbena_test_child_sleep)
        let process = try ProcessDescriptor(pid: child.pid)
        let copy = try process.duplicate(event.number)
        #expect(copy.number != event.number)
        #expect(ProcessDescriptor.isEventDescriptor(copy.number))
        #expect(EventDescriptor.signal(copy.number))
        try EventDescriptor.consume(event.number)
        #expect { _ = try process.duplicate(-1) } throws: { ($0 as? SystemError)?.number == EBADF }
    }

    @Test func onlyCountersAreEventDescriptors() throws {
        let file = try SharedMemory.create(byteCount: 8)
        let process = try ProcessDescriptor(pid: getpid())
        #expect(!ProcessDescriptor.isEventDescriptor(file.number))
        #expect(!ProcessDescriptor.isEventDescriptor(process.number))
        #expect(!ProcessDescriptor.isEventDescriptor(-1))
    }
}
