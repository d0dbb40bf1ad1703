// FixedBuffer.swift - memory of a fixed number of elements that never moves.
//
// Owns: the memory. Why not an array: an array is reference counted and checked for unique ownership on every write.
// Every access is checked against the count.

/// A fixed number of elements at a fixed place.
@safe
struct FixedBuffer<Element>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    init(repeating element: Element, count: Int) {
        self.count = max(count, 1)
        unsafe base = .allocate(capacity: self.count)
        unsafe base.initialize(repeating: element, count: self.count)
    }

    deinit {
        unsafe base.deinitialize(count: count)
        unsafe base.deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read {
            precondition(index >= 0 && index < count)
            yield unsafe base[index]
        }
        nonmutating _modify {
            precondition(index >= 0 && index < count)
            yield unsafe &base[index]
        }
    }

    /// Where it stands, for lists that the kernel reads.
    @inline(__always)
    var address: UnsafeMutablePointer<Element> { unsafe base }
}
