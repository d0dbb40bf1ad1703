// MemoryRegion+Bytes.swift - the ways to look into a region and to change it.
//
// Owns: bounds. Views borrow the region, so they cannot outlive it; a view that can change it excludes all others of
// this process. Peers are not excluded: for words that they change there are `load` and `store`.
// Counterpart: the pointer that C programs keep beside their ibv_mr.

import Platform
import Synchronization
import Verbs

extension MemoryRegion {
    /// The bytes, to read. Meaningful while no peer writes to them.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span<UInt8>(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: byteCount)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes, to change: `var bytes = region.mutableBytes; bytes[0] = 1`.
    ///
    /// The region must be a `var`, and nothing else of this process may look at it or post it meanwhile; the compiler sees
    /// to it.
    public var mutableBytes: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            let span = unsafe MutableSpan<UInt8>(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: byteCount)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Reads a word that peers may be changing. What a peer wrote before the word is visible afterwards.
    /// - Parameters:
    ///   - type: an integer type of 1, 2, 4 or 8 bytes.
    ///   - offset: bytes from the start of the region, a multiple of the type's size.
    /// - Precondition: the word lies within the region, aligned.
    @inlinable
    public func load<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type = Word.self, at offset: Int) -> Word {
        let word = unsafe wordPlace(offset, MemoryLayout<Word>.size).load(as: type)
        fenceAfterLoad()
        return word
    }

    /// Writes a word that peers may be reading. What was written before it is visible to whoever sees it.
    ///
    /// Peers' atomic requests on the same word are not excluded: use the queue pair's own for words that they count on.
    /// - Parameters:
    ///   - word: an integer of 1, 2, 4 or 8 bytes.
    ///   - offset: bytes from the start of the region, a multiple of the type's size.
    /// - Precondition: the word lies within the region, aligned.
    @inlinable
    public func store<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word, at offset: Int) {
        let place = unsafe wordPlace(offset, MemoryLayout<Word>.size)
        fenceBeforeStore()
        unsafe place.storeBytes(of: word, as: Word.self)
    }

    /// Copies bytes in: `region.copy("hello".utf8.span, to: 0)`. Peers that read there meanwhile may see half of it.
    /// - Parameters:
    ///   - source: what is copied.
    ///   - offset: where it goes, in bytes from the start of the region.
    /// - Precondition: they fit.
    public func copy(_ source: Span<UInt8>, to offset: Int = 0) {
        checkBounds(offset, source.count)
        unsafe source.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe (base + offset).copyMemory(from: start, byteCount: bytes.count)
        }
    }

    /// The bytes of a range, copied out.
    /// - Precondition: the range lies within the region.
    public func array(_ range: Range<Int>) -> [UInt8] {
        checkBounds(range.lowerBound, range.count)
        return unsafe Array(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// The bytes of a range as text; what is not UTF-8 is replaced, as `String(decoding:as:)` does.
    /// - Precondition: the range lies within the region.
    public func text(_ range: Range<Int>) -> String {
        checkBounds(range.lowerBound, range.count)
        return unsafe String(decoding: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count), as: UTF8.self)
    }

    /// A range as work requests name it; nil is all of the region.
    @inline(__always)
    func element(_ range: Range<Int>?) -> ScatterGatherElement {
        element(range?.lowerBound ?? 0, range?.count ?? byteCount)
    }

    @inline(__always)
    func element(_ offset: Int, _ count: Int) -> ScatterGatherElement {
        checkBounds(offset, count)
        guard count <= UInt32.max else { Misuse.stop("a piece of memory has less than 4 GiB: split it") }
        return ScatterGatherElement(address: address &+ UInt64(offset), length: UInt32(count), localKey: key)
    }

    @inline(__always)
    private func checkBounds(_ offset: Int, _ count: Int) {
        guard offset >= 0, count <= byteCount, offset <= byteCount &- count else {
            Misuse.outside(offset, count, of: "MemoryRegion", byteCount)
        }
    }

    /// Where a word is, checked. Not generic: only the access itself becomes part of the caller.
    @usableFromInline
    func wordPlace(_ offset: Int, _ size: Int) -> UnsafeMutableRawPointer {
        checkBounds(offset, size)
        guard size <= 8 else { Misuse.stop("a word that peers may change has at most 8 bytes") }
        guard offset & (size &- 1) == 0 else { Misuse.misaligned(offset, size) }
        return unsafe base + offset
    }

    @usableFromInline
    func fenceAfterLoad() { atomicMemoryFence(ordering: .acquiring) }

    @usableFromInline
    func fenceBeforeStore() { atomicMemoryFence(ordering: .releasing) }
}
