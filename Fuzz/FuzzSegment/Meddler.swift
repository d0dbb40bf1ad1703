// Meddler.swift - a thread that goes on doing something to shared memory while the target works.
//
// Owns: the thread, and when it may act.

import Fuzzing
import Platform
import Synchronization

/// Does one seeded thing after the other, for as long as it is told to.
final class Meddler: @unchecked Sendable {
    private let act: (inout UInt64) -> Void
    private let seed = Atomic<UInt64>(0)
    private let isActing = Atomic<Bool>(false)

    /// - Parameter act: gets the state of a generator of numbers.
    init(_ act: @escaping (inout UInt64) -> Void) {
        self.act = act
        let context = Unmanaged.passRetained(self).toOpaque()
        try! Thread.start(name: "meddler", stackBytes: 256 << 10, { context in
            return Unmanaged<Meddler>.fromOpaque(context!).takeUnretainedValue().run()
        }, argument: context)
    }

    /// Returns once it may have begun.
    func start(seed: UInt64) {
        self.seed.store(seed | 1, ordering: .sequentiallyConsistent)
        while !isActing.load(ordering: .sequentiallyConsistent) { pause() }
    }

    /// Returns once it does nothing any more.
    func stop() {
        seed.store(0, ordering: .sequentiallyConsistent)
        while isActing.load(ordering: .sequentiallyConsistent) { pause() }
    }

    /// Yielding does not always let the other thread run, where many wait.
    private func pause() { Clock.sleep(nanoseconds: 20_000) }

    private func run() -> UnsafeMutableRawPointer? {
        var state: UInt64 = 0
        while true {
            isActing.store(true, ordering: .sequentiallyConsistent)
            let wanted = seed.load(ordering: .sequentiallyConsistent)
            guard wanted != 0 else {
                isActing.store(false, ordering: .sequentiallyConsistent)
                state = 0
                Clock.sleep(nanoseconds: 500_000)
                continue
            }
            if state == 0 { state = wanted &* 0x9e37_79b9_7f4a_7c15 }
            act(&state)
        }
    }

    /// The next number of the generator.
    static func next(_ state: inout UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
