// Flipping.swift - changes the peer's segment while the target reads it.
//
// Values read twice must not be believed twice: what a word says between two reads is anybody's guess.

@testable import Fabric
import Fuzzing

/// Writes seeded words.
enum Flipping {
    static func meddler(_ view: SegmentView) -> Meddler {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 4)
        return Meddler { state in
            for index in 0..<4 { words[index] = Meddler.next(&state) }
            var input = ByteSource(UnsafePointer(UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt8.self)), count: 32)
            HostileWord.write(&input, into: view)
        }
    }
}
