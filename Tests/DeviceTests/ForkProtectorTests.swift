// ForkProtectorTests.swift - what is kept from children, beside a reference that thinks of each page alone, and smaps.
import Fabric
import Glibc
import Platform
import Testing
import TestSupport
import Verbs

@testable import Device

/// What must hold of each page.
private struct Reference {
    struct Page {
        var kind = PageField.Kind.closed
        /// The application's own wish.
        var isForbidden = false
        /// Registered as what is mapped here now.
        var isHeld = false
        /// Where it was registered, if not here.
        var origins: Set<Int> = []
    }

    var pages: [Page]
    /// How many registrations hold each page.
    var counts: [Int]

    init(count: Int) {
        pages = Array(repeating: Page(), count: count)
        counts = Array(repeating: 0, count: count)
    }

    var notForked: [Bool] {
        pages.map { $0.isForbidden || $0.isHeld }
    }

    mutating func map(_ range: Range<Int>, _ kind: PageField.Kind) {
        for page in range { pages[page] = Page(kind: kind) }
    }

    mutating func register(_ covered: [Int]) {
        for page in covered {
            counts[page] += 1
            pages[page].isHeld = true
        }
    }

    mutating func deregister(_ covered: [Int]) {
        for page in covered { counts[page] -= 1 }
        for page in pages.indices {
            pages[page].origins = pages[page].origins.filter { counts[$0] > 0 }
            if counts[page] == 0, pages[page].origins.isEmpty { pages[page].isHeld = false }
        }
    }

    /// The pages that lie wholly in a range of bytes, and that a fork would separate.
    func covered(offset: Int, byteCount: Int) -> [Int] {
        let first = (offset + 4095) / 4096
        let end = (offset + byteCount) / 4096
        return first < end ? (first..<end).filter { pages[$0].kind == .privatePages } : []
    }

    mutating func advise(_ range: Range<Int>, forbid: Bool) {
        for page in range { pages[page].isForbidden = forbid }
    }

    mutating func move(_ range: Range<Int>, to place: Int) {
        for page in range where pages[page].isHeld && counts[page] > 0 { pages[page].origins.insert(page) }
        let moved = range.map { pages[$0] }
        map(range, .closed)
        pages.replaceSubrange(place..<(place + moved.count), with: moved)
    }
}

/// The reference, the protector and the kernel, and what they are all told.
private struct Trial {
    static let pageCount = 40
    let field = PageField(count: pageCount)
    let protector: ForkProtector
    var reference = Reference(count: pageCount)
    var live: [(held: [PageRange], covered: [Int])] = []
    var generator: SplitMix
    /// Where it is, the protector does not look for advice of the application's.
    let isSilent: Bool

    init(seed: UInt64, isSilent: Bool) throws {
        generator = SplitMix(seed: seed)
        self.isSilent = isSilent
        protector = ForkProtector(owner: try OwnerWord()) { isSilent }
    }

    mutating func range(atMost: Int = 16) -> Range<Int> {
        let first = Int.random(in: 0..<Self.pageCount, using: &generator)
        return first..<min(Self.pageCount, first + Int.random(in: 1...atMost, using: &generator))
    }

    mutating func step() throws {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<6: try register()
        case 6..<10: deregister(at: Int.random(in: 0..<20, using: &generator))
        case 10..<13: map()
        case 13..<15: touch()
        case 15..<17: advise(forbid: true)
        case 17..<19: advise(forbid: false)
        default: move()
        }
    }

    mutating func register() throws {
        let offset = Int.random(in: 0..<(Self.pageCount * 4096 - 1), using: &generator)
        let byteCount = min(Int.random(in: 1...(20 * 4096), using: &generator), Self.pageCount * 4096 - offset)
        let address = field.base + UInt64(offset)
        let request = MemoryRegistrationRequest(
            address: address, length: UInt64(byteCount), deviceAddress: address, access: .localWrite)
        let covered = reference.covered(offset: offset, byteCount: byteCount)
        live.append((try protector.protect(request), covered))
        reference.register(covered)
    }

    mutating func deregister(at index: Int) {
        guard index < live.count else { return }
        let registration = live.remove(at: index)
        protector.release(registration.held)
        reference.deregister(registration.covered)
    }

    mutating func map() {
        let range = range()
        let kind = ([.privatePages, .privatePages] + PageField.Kind.allCases).randomElement(using: &generator) ?? .closed
        field.map(range, kind)
        reference.map(range, kind)
        protector.unmapped(address: field.address(range.lowerBound), byteCount: UInt64(range.count) * 4096)
    }

    mutating func touch() {
        for page in range(atMost: 4) where reference.pages[page].kind == .privatePages { field.touch(page) }
    }

    mutating func advise(forbid: Bool) {
        if isSilent { return }
        let range = range()
        if forbid {
            field.advise(range, MADV_DONTFORK)
            protector.applicationForbade(address: field.address(range.lowerBound), byteCount: UInt64(range.count) * 4096)
        } else if protector.applicationAllows(address: field.address(range.lowerBound), byteCount: UInt64(range.count) * 4096) == nil {
            field.advise(range, MADV_DOFORK)
        }
        reference.advise(range, forbid: forbid)
    }

    mutating func move() {
        let range = range(atMost: 8)
        let place = Int.random(in: 0...(Self.pageCount - range.count), using: &generator)
        guard !range.overlaps(place..<(place + range.count)), field.move(range, to: place) else { return }
        let bytes = UInt64(range.count) * 4096
        protector.moved(
            address: field.address(range.lowerBound), byteCount: bytes, to: field.address(place), byteCount: bytes, keepsOld: true)
        reference.move(range, to: place)
        field.map(range, .closed)
        protector.unmapped(address: field.address(range.lowerBound), byteCount: bytes)
    }

    func difference() throws -> String? {
        let kernel = try field.notForked()
        guard kernel != reference.notForked else { return nil }
        let pages = kernel.indices.filter { kernel[$0] != reference.notForked[$0] }
        return "pages \(pages): the kernel says \(pages.map { kernel[$0] }), \(pages.map { reference.pages[$0] })"
    }
}

@Suite struct ForkProtectorTests {
    @Test(arguments: 0..<24 as Range<UInt64>, [false, true])
    func theKernelAgreesWithTheReference(seed: UInt64, isSilent: Bool) throws {
        var trial = try Trial(seed: seed, isSilent: isSilent)
        for step in 0..<150 {
            try trial.step()
            if let difference = try trial.difference() {
                Issue.record("seed \(seed), step \(step): \(difference)")
                return
            }
        }
        while !trial.live.isEmpty { trial.deregister(at: 0) }
        #expect(try trial.difference() == nil, "seed \(seed)")
    }
}
