// CopyLoop.swift - one guarded copy at a time, in a thread of its own.
import Platform
import Synchronization
import Testing

/// Runs the same guarded copy in another thread whenever it is asked to.
final class CopyLoop: Sendable {
    private let to: UInt64
    private let from: UInt64
    private let byteCount: Int
    private let finished = Atomic<Bool>(true)

    init(to: UInt64, from: UInt64, byteCount: Int) {
        self.to = to
        self.from = from
        self.byteCount = byteCount
    }

    func start() throws {
        finished.store(false, ordering: .releasing)
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        try unsafe Thread.start(name: "copy loop", stackBytes: 256 * 1024, { argument in
            guard let argument = unsafe argument else { return nil }
            let loop = unsafe Unmanaged<CopyLoop>.fromOpaque(argument).takeRetainedValue()
            let copied = GuardedCopy.copy(to: loop.to, from: loop.from, byteCount: loop.byteCount)
            loop.finished.store(copied, ordering: .releasing)
            return nil
        }, argument: argument)
    }

    func join() {
        while !finished.load(ordering: .acquiring) { Clock.yield() }
    }
}
