// SharedLockTests.swift - a lock in shared memory outlives its holder.

import Foundation
import Platform
import Testing

@testable import Fabric

@Suite struct SharedLockTests {
    /// A holder whose name nobody holds.
    private let dead = HolderIdentity(block: 65_534, nonce: 1)

    @Test func aDeadHolderIsNoticed() throws {
        let segment = try TestSegment()
        let lock = segment.view.atomicLock(for: 64)
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
        #expect(lock.tryAcquire(as: dead))
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

    /// A name that is held says that its holder lives, unless the one who answers is another. One that does not answer is
    /// stopped, may be in the middle of a write, and is waited for.
    @Test func aNameTakenAgainIsAnotherHolder() throws {
        let fabric = FabricName(prefix: "verbena-test/\(getpid())/")
        let holder = HolderIdentity(block: 7, nonce: 42)
        #expect(holder.activity(on: fabric) == .ended)
        #expect(HolderIdentity(rawValue: 0).activity(on: fabric) == .ended)
        let listener = try LocalSocket.listen(name: fabric.block(7))
        #expect(holder.activity(on: fabric) == .stopped)
        _ = try listener.accept()
        for answered in [holder, HolderIdentity(block: 7, nonce: 43)] {
            let number = listener.number
            let answering = Thread {
                try? LocalSocket.accept(on: number).send(Hello(holder: answered, pid: 1, segmentAddress: 0).encoded())
            }
            answering.start()
            #expect(holder.activity(on: fabric) == (answered == holder ? .running : .ended))
        }
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
