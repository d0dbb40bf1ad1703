// EagerRingTests.swift - a byte ring in which no message wraps and none overlaps another.

import Testing
import TestSupport

@testable import Fabric

@Suite struct EagerRingTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func messagesNeverOverlap(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        // Near the end of 32 bits, so that the counters wrap during the test.
        var head = UInt32.max - 20_000 & ~63
        var tail = head
        var inside: [(begin: UInt32, size: UInt32)] = []
        for _ in 0..<5_000 {
            let size = UInt32(random.next() % UInt64(EagerRing.messageBytesMax)) + 1
            if let begin = EagerRing.place(size, head: head, tail: tail) {
                let offset = try #require(EagerRing.offset(of: begin, size: size))
                #expect(offset + Int(size) <= Int(EagerRing.byteCount))
                for other in inside {
                    let at = try #require(EagerRing.offset(of: other.begin, size: other.size))
                    #expect(offset + Int(size) <= at || at + Int(other.size) <= offset, "seed \(seed)")
                }
                inside.append((begin, size))
                head = EagerRing.end(of: begin, size: size)
            } else {
                #expect(!inside.isEmpty, "an empty ring has room for any message, seed \(seed)")
            }
            if !inside.isEmpty, random.next() % 3 == 0 {
                let first = inside.removeFirst()
                tail = EagerRing.end(of: first.begin, size: first.size)
            }
        }
    }

    @Test func madeUpPlacesAreRefused() {
        var random = SplitMix(seed: 7)
        for _ in 0..<100_000 {
            let size = UInt32(truncatingIfNeeded: random.next())
            guard let offset = EagerRing.offset(of: UInt32(truncatingIfNeeded: random.next()), size: size) else { continue }
            #expect(offset >= 0 && offset + Int(size) <= Int(EagerRing.byteCount))
        }
    }
}
