// LockedPagesTests.swift - who has which page locked, against a reference that keeps every page by itself.

import Testing
import TestSupport
import Verbs

/// A world of pages as a kernel has it: mappings that are locked or not. What a program sees must be what it would see if
/// locks counted.
private struct NaiveWorld {
    struct Page: Equatable {
        /// Registrations whose lock this mapping has, the program's own, and all that hold the address.
        var isOurs = false, isApplications = false
        var holds = 0
        /// The kernel's flag, moved by the calls that are answered.
        var isLocked = false
    }

    var pages: [Page]
    var wantsLock: [Bool] { pages.map { $0.isOurs || $0.isApplications } }
    var isLocked: [Bool] { pages.map(\.isLocked) }
}

private struct LockedPair {
    var rules = LockedPages()
    var naive: NaiveWorld
    var live: [Range<Int>] = []

    init(pages: Int) { naive = NaiveWorld(pages: Array(repeating: .init(), count: pages)) }

    private func run(_ range: Range<Int>) -> PageRange {
        PageRange(first: PageNumber(rawValue: UInt64(range.lowerBound)), count: UInt64(range.count))
    }

    private mutating func set(_ ranges: [PageRange], locked: Bool) {
        for range in ranges {
            for page in range.first.rawValue..<range.end.rawValue { naive.pages[Int(page)].isLocked = locked }
        }
    }

    mutating func register(_ range: Range<Int>) {
        let missing = rules.missing(in: run(range))
        let found = missing.flatMap { gap in
            (gap.first.rawValue..<gap.end.rawValue).filter { naive.pages[Int($0)].isLocked }.map {
                PageRange(first: PageNumber(rawValue: $0), count: 1)
            }
        }
        set(missing, locked: true)
        rules.hold(run(range), found: found)
        live.append(range)
        for page in range {
            naive.pages[page].isOurs = true
            naive.pages[page].holds += 1
        }
    }

    mutating func deregister(at index: Int) {
        let range = live.remove(at: index)
        set(rules.release(run(range)), locked: false)
        for page in range {
            naive.pages[page].holds -= 1
            if naive.pages[page].holds == 0 { naive.pages[page].isOurs = false }
        }
    }

    mutating func lock(_ range: Range<Int>) {
        set([run(range)], locked: true)
        rules.applicationLocked(run(range))
        for page in range { naive.pages[page].isApplications = true }
    }

    mutating func unlock(_ range: Range<Int>) {
        let parts = rules.applicationUnlocks(run(range))
        set(parts.filter { !$0.isKept }.map(\.pages), locked: false)
        for page in range { naive.pages[page].isApplications = false }
    }

    mutating func lockAll() {
        set([run(0..<naive.pages.count)], locked: true)
        rules.applicationLockedAll()
        for page in naive.pages.indices { naive.pages[page].isApplications = true }
    }

    mutating func unlockAll() {
        set([run(0..<naive.pages.count)], locked: false)
        set(rules.applicationUnlockedAll(), locked: true)
        for page in naive.pages.indices { naive.pages[page].isApplications = false }
    }

    /// Unmapped, and mapped anew.
    mutating func replace(_ range: Range<Int>) {
        set([run(range)], locked: false)
        rules.mappingEnded(run(range))
        for page in range { naive.pages[page].isOurs = false }
        for page in range { naive.pages[page].isApplications = false }
    }

    /// A move to a place that does not overlap; a new mapping comes where it was.
    mutating func move(_ range: Range<Int>, to place: Int) {
        for (index, page) in range.enumerated() {
            naive.pages[place + index].isLocked = naive.pages[page].isLocked
            naive.pages[place + index].isApplications = naive.pages[page].isApplications
            naive.pages[place + index].isOurs = false
            naive.pages[page].isLocked = false
            naive.pages[page].isOurs = false
            naive.pages[page].isApplications = false
        }
        set(rules.mappingMoved(run(range), to: PageNumber(rawValue: UInt64(place))), locked: false)
    }

    func problem() -> String? {
        if naive.isLocked != naive.wantsLock { return "locked \(naive.isLocked), wanted \(naive.wantsLock)" }
        return rules.ledger.checkInvariants()
    }
}

@Test(arguments: 0..<60 as Range<UInt64>)
func locksAreAsIfTheyCounted(seed: UInt64) {
    var generator = SplitMix(seed: seed)
    let count = Int.random(in: 2...40, using: &generator)
    var pair = LockedPair(pages: count)
    func range() -> Range<Int> {
        let first = Int.random(in: 0..<count, using: &generator)
        return first..<Int.random(in: (first + 1)...count, using: &generator)
    }
    for step in 0..<400 {
        switch Int.random(in: 0..<16, using: &generator) {
        case 0..<5: pair.register(range())
        case 5..<9 where !pair.live.isEmpty: pair.deregister(at: Int.random(in: pair.live.indices, using: &generator))
        case 9..<11: pair.lock(range())
        case 11..<13: pair.unlock(range())
        case 13: Bool.random(using: &generator) ? pair.lockAll() : pair.unlockAll()
        case 14: pair.replace(range())
        default:
            let from = 0..<Int.random(in: 0...(count / 2), using: &generator)
            pair.move(from, to: Int.random(in: from.count...(count - from.count), using: &generator))
        }
        if let problem = pair.problem() {
            Issue.record("seed \(seed), step \(step): \(problem)")
            return
        }
    }
    while !pair.live.isEmpty { pair.deregister(at: 0) }
    #expect(pair.problem() == nil)
    #expect(pair.rules.ours.isEmpty && pair.rules.applications.isEmpty, "seed \(seed)")
}
