// NameHolder.swift - a stranger on a fabric: holds a name, and answers the first connection in a thread of its own.
import Platform
import Synchronization
import Testing

/// Holds one name of a fabric until it has answered once and its connection was closed.
final class NameHolder: Sendable {
    private let listener: Int32
    private let answer: @Sendable (borrowing LocalSocket) throws -> Void
    private let finished = Atomic<Bool>(false)
    private let failed = Atomic<Bool>(false)

    init(_ name: String, answer: @escaping @Sendable (borrowing LocalSocket) throws -> Void) throws {
        listener = try LocalSocket.listen(name: name).release()
        self.answer = answer
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        try unsafe Thread.start(name: "name holder", stackBytes: 512 * 1024, { argument in
            guard let argument = unsafe argument else { return nil }
            unsafe Unmanaged<NameHolder>.fromOpaque(argument).takeRetainedValue().serve()
            return nil
        }, argument: argument)
    }

    private func serve() {
        do {
            let connection = try LocalSocket.accept(on: listener)
            try answer(connection)
            // Held until the observer has gone: nothing more comes.
            #expect(try connection.receive(byteCountMax: 1, maxDescriptors: 0, timeoutMilliseconds: 20_000).bytes.isEmpty)
        } catch {
            failed.store(true, ordering: .relaxed)
        }
        finished.store(true, ordering: .releasing)
    }

    /// Waits for the end; whether all went well.
    func end() -> Bool {
        while !finished.load(ordering: .acquiring) { Clock.sleep(nanoseconds: 1_000_000) }
        _ = OwnedDescriptor(adopting: listener)
        return !failed.load(ordering: .relaxed)
    }
}
