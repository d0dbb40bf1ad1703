// ThreadResult.swift - work on a thread of its own, and what became of it.

import Foundation
import Synchronization

/// Work that goes on while a test waits for something else.
final class ThreadResult: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Void) {
        Thread.detachNewThread { [self] in
            let outcome = Result { try body() }
            result.withLock { $0 = outcome }
            ended.signal()
        }
    }

    /// Waits for the end, and throws what the work threw.
    func wait() throws {
        ended.wait()
        try result.withLock { $0 }?.get()
    }
}
