// PinLedgerTests.swift - the ledger against a reference that counts each page by itself.

import Testing
import TestSupport
import Verbs

/// Counts page by page.
private struct Reference {
    var counts: [UInt32]

    mutating func add(_ range: PageRange) -> [PageRange] {
        let taken = runs(in: range) { $0 == 0 }
        for page in pages(range) { counts[page] += 1 }
        return taken
    }

    mutating func remove(_ range: PageRange) -> [PageRange] {
        for page in pages(range) { counts[page] -= 1 }
        return runs(in: range) { $0 == 0 }
    }

    func runs(in range: PageRange, _ isWanted: (UInt32) -> Bool) -> [PageRange] {
        var runs: [PageRange] = []
        for page in pages(range) where isWanted(counts[page]) {
            if let last = runs.last, last.end.rawValue == UInt64(page) {
                runs[runs.count - 1] = PageRange(first: last.first, count: last.count + 1)
            } else {
                runs.append(run(UInt64(page), 1))
            }
        }
        return runs
    }

    /// Runs of equal counts above zero.
    var entries: [[UInt64]] {
        var entries: [[UInt64]] = []
        for (page, count) in counts.enumerated() where count > 0 {
            if let last = entries.last, last[2] == UInt64(count), last[0] + last[1] == UInt64(page) {
                entries[entries.count - 1][1] += 1
            } else {
                entries.append([UInt64(page), 1, UInt64(count)])
            }
        }
        return entries
    }

    private func pages(_ range: PageRange) -> Range<Int> { Int(range.first.rawValue)..<Int(range.end.rawValue) }
}

private func run(_ first: UInt64, _ count: UInt64) -> PageRange {
    PageRange(first: PageNumber(rawValue: first), count: count)
}

/// Both side by side; every step compares everything.
private struct Pair {
    var ledger = PinLedger()
    var reference: Reference
    var live: [PageRange] = []

    init(pages: Int) { reference = Reference(counts: Array(repeating: 0, count: pages)) }

    mutating func add(_ range: PageRange) -> String? {
        live.append(range)
        let got = ledger.add(range)
        let expected = reference.add(range)
        return got == expected ? difference() : "add \(range): \(got), not \(expected)"
    }

    mutating func remove(at index: Int) -> String? {
        let range = live.remove(at: index)
        let got = ledger.remove(range)
        let expected = reference.remove(range)
        return got == expected ? difference() : "remove \(range): \(got), not \(expected)"
    }

    func difference() -> String? {
        if let problem = ledger.checkInvariants() { return problem }
        let entries = ledger.entries.map { [$0.pages.first.rawValue, $0.pages.count, UInt64($0.count)] }
        if entries != reference.entries { return "\(entries), not \(reference.entries)" }
        for (page, count) in reference.counts.enumerated()
        where ledger.count(at: PageNumber(rawValue: UInt64(page))) != count {
            return "page \(page)"
        }
        return nil
    }
}

/// Every sequence of four calls in a world of four pages.
@Test func everySmallWorldAgreesWithTheReference() {
    let pages: UInt64 = 4
    let ranges = (0..<pages).flatMap { first in (1...(pages - first)).map { run(first, $0) } }
    var visited = 0
    func explore(_ pair: Pair, depth: Int) -> String? {
        visited += 1
        if depth == 0 { return nil }
        for range in ranges {
            var next = pair
            if let problem = next.add(range) { return problem }
            if let problem = explore(next, depth: depth - 1) { return problem }
        }
        for index in pair.live.indices {
            var next = pair
            if let problem = next.remove(at: index) { return problem }
            if let problem = explore(next, depth: depth - 1) { return problem }
        }
        return nil
    }
    #expect(explore(Pair(pages: Int(pages)), depth: 4) == nil)
    #expect(visited > 10_000)
}

@Test(arguments: 0..<40 as Range<UInt64>)
func randomRegistrationsAgreeWithTheReference(seed: UInt64) {
    var generator = SplitMix(seed: seed)
    let pages = Int.random(in: 1...120, using: &generator)
    let target = Int.random(in: 1...60, using: &generator)
    var pair = Pair(pages: pages)
    for step in 0..<300 {
        let grow = pair.live.isEmpty || Int.random(in: 0..<(2 * target), using: &generator) >= pair.live.count
        var problem: String?
        if grow {
            let first = UInt64.random(in: 0..<UInt64(pages), using: &generator)
            let count = UInt64.random(in: 0...(UInt64(pages) - first), using: &generator)
            problem = pair.add(run(first, count))
        } else {
            problem = pair.remove(at: Int.random(in: pair.live.indices, using: &generator))
        }
        if let problem {
            Issue.record("seed \(seed), step \(step): \(problem)")
            return
        }
    }
    while !pair.live.isEmpty { #expect(pair.remove(at: 0) == nil, "seed \(seed)") }
    #expect(pair.ledger.boundaryCount == 0)
}

/// Neighbours that touch are one range, whatever the order in which they came.
@Test func equalNeighboursMerge() {
    var ledger = PinLedger()
    for first in [0, 20, 10, 30] as [UInt64] { #expect(ledger.add(run(first, 10)) == [run(first, 10)]) }
    #expect(ledger.entries == [PinLedger.Entry(pages: run(0, 40), count: 1)])
    #expect(ledger.heldPageCount == 40)
    #expect(ledger.boundaryCount == 2)
}

/// Many registrations side by side, in orders that would degrade a careless tree; then one over all of them.
@Test(arguments: ["rising", "falling", "scattered"])
func manyRegistrationsStayLogarithmic(order: String) {
    let count: UInt64 = 1 << 14
    var ledger = PinLedger()
    for step in 0..<count {
        let place =
            switch order {
            case "rising": step
            case "falling": count - 1 - step
            default: (step &* 0x9e37_79b1) % count
            }
        #expect(ledger.add(run(place * 3, 2)).count == 1)
    }
    #expect(ledger.boundaryCount == Int(count) * 2)
    #expect(ledger.depth <= 60, "depth \(ledger.depth) for \(ledger.boundaryCount) boundaries")
    #expect(ledger.checkInvariants() == nil)
    let all = run(0, count * 3)
    #expect(ledger.add(all).count == Int(count))
    #expect(ledger.add(all) == [])
    #expect(ledger.remove(all) == [])
    #expect(ledger.remove(all).count == Int(count))
    #expect(ledger.heldPageCount == count * 2)
}

@Test func theWholeAddressSpaceIsARange() {
    var ledger = PinLedger()
    let all = run(0, 1 << 52)
    #expect(ledger.add(all) == [all])
    #expect(ledger.count(at: PageNumber(rawValue: (1 << 52) - 1)) == 1)
    #expect(ledger.count(at: PageNumber(rawValue: 1 << 52)) == 0)
    #expect(ledger.remove(all) == [all])
}
