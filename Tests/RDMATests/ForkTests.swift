// ForkTests.swift - what a forked child is told of objects that it inherited, and that its parent does not notice.
//
// Each case runs in a process of its own: a child of the many-threaded test runner may run only C.

import CPlatformTestSupport
import RDMA
import Synchronization
import Testing

@Suite(.serialized)
struct ForkTests {
    /// What the child finds: a function of C's calling convention captures nothing.
    private final class Inherited: Sendable {
        let pair: ConnectedPair
        static let shared = Mutex<Inherited?>(nil)

        init() throws { pair = try ConnectedPair() }
    }

    @Test func creatingIsRefused() async {
        await #expect(processExitsWith: .success) {
            let inherited = try Inherited()
            Inherited.shared.withLock { $0 = inherited }
            let code = verbena_test_run_child({ _ in
                do throws(RDMAError) {
                    _ = try Inherited.shared.withLock { $0 }?.pair.device.makeCompletionQueue()
                    return 1
                } catch {
                    return error.kind == .noDevice ? 0 : 2
                }
            }, 0)
            #expect(code == 0)
        }
    }

    @Test func pollingStopsTheChild() async {
        await #expect(processExitsWith: .success) {
            let inherited = try Inherited()
            Inherited.shared.withLock { $0 = inherited }
            let code = verbena_test_run_child({ _ in
                _ = Inherited.shared.withLock { $0 }?.pair.queueA.poll()
                return 0
            }, 0)
            #expect(code > 1000, "a signal ended it")
        }
    }

    @Test func lettingGoInTheChildIsHarmless() async {
        await #expect(processExitsWith: .success) {
            Inherited.shared.withLock { $0 = try? Inherited() }
            let code = verbena_test_run_child({ _ in
                Inherited.shared.withLock { $0 = nil }
                return 0
            }, 0)
            #expect(code == 0)
            let inherited = try #require(Inherited.shared.withLock { $0 })
            try inherited.pair.b.postReceive(into: inherited.pair.far)
            try inherited.pair.a.postSend(inline: "still here".utf8.span)
            try inherited.pair.queueA.await().requireSuccess()
            try inherited.pair.queueB.await().requireSuccess()
            #expect(inherited.pair.far.text(0..<10) == "still here")
        }
    }
}
