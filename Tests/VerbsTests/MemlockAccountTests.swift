// MemlockAccountTests.swift - charges against a model that keeps a list of what was charged.

import Testing
import TestSupport
import Verbs

private func error(_ body: () throws(VerbsErrno) -> Void) -> VerbsErrno? {
    do throws(VerbsErrno) {
        try body()
        return nil
    } catch { return error }
}

/// Random charges and releases; the reference sums lists.
@Test(arguments: [MemlockRule.pinnedApart, .sharedWithLocked], 0..<20 as Range<UInt64>)
func chargesAddUpAndComeUndoneExactly(rule: MemlockRule, seed: UInt64) {
    var generator = SplitMix(seed: seed)
    var account = MemlockAccount(rule: rule)
    var pinned: [UInt64] = []
    var locked: [UInt64] = []
    for _ in 0..<500 {
        let limitPages = UInt64.random(in: 0...40, using: &generator)
        let limit = MemlockLimit(
            bytes: limitPages * 4096 + UInt64.random(in: 0..<4096, using: &generator),
            isPrivileged: UInt8.random(in: 0..<8, using: &generator) == 0)
        let pages = UInt64.random(in: 1...20, using: &generator)
        let pinnedSum = pinned.reduce(0, +) + (rule == .sharedWithLocked ? locked.reduce(0, +) : 0)
        let lockedSum = locked.reduce(0, +) + (rule == .sharedWithLocked ? pinned.reduce(0, +) : 0)
        switch UInt8.random(in: 0..<4, using: &generator) {
        case 0:
            let fits = limit.isPrivileged || pinnedSum + pages <= limitPages
            #expect(error { () throws(VerbsErrno) in try account.charge(pages: pages, limit: limit) } == (fits ? nil : .noMemory))
            if fits { pinned.append(pages) }
        case 1:
            let allowed = limit.isPrivileged || limit.bytes > 0
            let fits = limit.isPrivileged || lockedSum + pages <= limitPages
            let expected: VerbsErrno? = !allowed ? .notPermitted : fits ? nil : .noMemory
            #expect(error { () throws(VerbsErrno) in try account.lock(pages: pages, limit: limit) } == expected)
            if expected == nil { locked.append(pages) }
        case 2:
            if let charge = pinned.popLast() { account.uncharge(pages: charge) }
        default:
            if let charge = locked.popLast() { account.unlock(pages: charge) }
        }
        let both = pinned.reduce(0, +) + locked.reduce(0, +)
        #expect(account.lockedPages == (rule == .sharedWithLocked ? both : locked.reduce(0, +)), "seed \(seed)")
        #expect(account.pinnedPages == (rule == .sharedWithLocked ? 0 : pinned.reduce(0, +)), "seed \(seed)")
    }
}

@Test func aFullLockLeavesRoomForPinsOnlyWhereTheyAreApart() {
    let limit = MemlockLimit(bytes: 16 * 4096)
    for (rule, expected) in [(MemlockRule.sharedWithLocked, VerbsErrno.noMemory as VerbsErrno?), (.pinnedApart, nil)] {
        var account = MemlockAccount(rule: rule)
        #expect(error { () throws(VerbsErrno) in try account.lock(pages: 16, limit: limit) } == nil)
        #expect(error { () throws(VerbsErrno) in try account.charge(pages: 16, limit: limit) } == expected)
    }
}

@Test func totalsThatDoNotFitAreRefusedAndNotWrapped() {
    var account = MemlockAccount()
    let limit = MemlockLimit(bytes: 0, isPrivileged: true)
    #expect(error { () throws(VerbsErrno) in try account.charge(pages: .max, limit: limit) } == nil)
    #expect(error { () throws(VerbsErrno) in try account.charge(pages: 1, limit: limit) } == .noMemory)
    #expect(account.registeredPages == .max)
}
