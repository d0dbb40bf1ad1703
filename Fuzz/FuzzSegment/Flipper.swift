// Flipper.swift - a thread that goes on changing the peer's segment while the target reads it.
//
// Owns: the thread, and when it may write. Values read twice must not be believed twice: what a word says between two
// reads is anybody's guess.

@testable import Fabric
import Fuzzing
import Platform
import Synchronization

/// Writes seeded words, for as long as it is told to.
final class Flipper: @unchecked Sendable {
    private let view: SegmentView
    private let seed = Atomic<UInt64>(0)
    private let isWriting = Atomic<Bool>(false)

    init(_ view: SegmentView) {
        self.view = view
        let context = Unmanaged.passRetained(self).toOpaque()
        try! Thread.start(name: "flipper", stackBytes: 256 << 10, { context in
            return Unmanaged<Flipper>.fromOpaque(context!).takeUnretainedValue().run()
        }, argument: context)
    }

    /// Returns once the first words may have been written.
    func start(seed: UInt64) {
        self.seed.store(seed | 1, ordering: .sequentiallyConsistent)
        while !isWriting.load(ordering: .sequentiallyConsistent) { Clock.yield() }
    }

    /// Returns once nothing is written any more.
    func stop() {
        seed.store(0, ordering: .sequentiallyConsistent)
        while isWriting.load(ordering: .sequentiallyConsistent) { Clock.yield() }
    }

    private func run() -> UnsafeMutableRawPointer? {
        var state: UInt64 = 0
        while true {
            isWriting.store(true, ordering: .sequentiallyConsistent)
            let wanted = seed.load(ordering: .sequentiallyConsistent)
            guard wanted != 0 else {
                isWriting.store(false, ordering: .sequentiallyConsistent)
                state = 0
                Clock.sleep(nanoseconds: 500_000)
                continue
            }
            if state == 0 { state = wanted &* 0x9e37_79b9_7f4a_7c15 }
            writeSome(&state)
        }
    }

    private func writeSome(_ state: inout UInt64) {
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: state >> UInt64(shift))) }
        }
        bytes.withUnsafeBufferPointer { buffer in
            var input = ByteSource(buffer.baseAddress, count: buffer.count)
            HostileWord.write(&input, into: view)
        }
    }
}
