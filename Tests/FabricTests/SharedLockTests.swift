// SharedLockTests.swift - a lock in shared memory outlives its holder.

import Foundation
import Platform
import Testing

@testable import Fabric

@Suite struct SharedLockTests {
    /// The identity of a process that has come and gone.
    private func deadHolder() throws -> HolderIdentity {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        let identity = try #require(ProcessIdentity.of(pid: child.processIdentifier))
        let holder = HolderIdentity(identity)
        #expect(holder.isAlive)
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        return holder
    }

    @Test func aDeadHolderIsNoticed() throws {
        let segment = try TestSegment()
        let lock = segment.view.atomicLock(for: 64)
        let dead = try deadHolder()
        #expect(!dead.isAlive)
        #expect(lock.tryAcquire(as: dead))
        #expect(!lock.tryAcquire(as: segment.holder))
        #expect(lock.acquire(as: segment.holder) == .recovered)
        #expect(lock.isHeld)
        lock.release()
        #expect(lock.acquire(as: segment.holder) == .clean)
    }

    @Test func waitingForADeadHolderEnds() throws {
        let segment = try TestSegment()
        let lock = segment.view.atomicLock(for: 0)
        #expect(lock.tryAcquire(as: try deadHolder()))
        lock.waitUntilReleased()
        #expect(lock.isHeld)
    }

    /// A word that names a process which runs and never held it: posters give up, the owner takes it back.
    @Test func aHolderThatNeverLetsGoIsNotBelieved() throws {
        let before = LockWait.looksMax.exchange(50, ordering: .relaxed)
        defer { LockWait.looksMax.store(before, ordering: .relaxed) }
        let segment = try TestSegment()
        let lock = segment.view.atomicLock(for: 192)
        #expect(lock.tryAcquire(as: segment.holder))
        #expect(lock.acquire(as: segment.holder) == .refused)
        lock.waitUntilReleased()
        #expect(lock.isHeld)
        #expect(lock.acquireOwn(as: segment.holder) == .recovered)
    }

    /// One that is stopped may be in the middle of a write: it is waited for.
    @Test func aStoppedHolderIsWaitedFor() throws {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/sleep")
        child.arguments = ["60"]
        try child.run()
        defer {
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
        }
        kill(child.processIdentifier, SIGSTOP)
        let holder = HolderIdentity(try #require(ProcessIdentity.of(pid: child.processIdentifier)))
        while holder.activity != .stopped { usleep(1000) }
        var wait = LockWait()
        for _ in 0..<1000 { #expect(wait.finding(of: holder.rawValue) == .holding) }
    }

    @Test func aReusedPidIsAnotherHolder() {
        let own = ProcessIdentity.current()
        #expect(HolderIdentity(own).isAlive)
        #expect(!HolderIdentity(ProcessIdentity(pid: own.pid, startTime: own.startTime &+ 1)).isAlive)
        #expect(!HolderIdentity(rawValue: 0).isAlive)
    }

    @Test func contendersExcludeEachOther() async throws {
        let segment = try TestSegment()
        let lock = segment.view.atomicLock(for: 128)
        let counter = segment.view.header.contexts
        let holder = segment.holder
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<20_000 {
                        _ = lock.acquire(as: holder)
                        counter.store(counter.load() &+ 1)
                        lock.release()
                    }
                }
            }
        }
        #expect(counter.load() == 80_000)
    }
}
