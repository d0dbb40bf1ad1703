// ScatterGatherList.swift - several pieces of regions, as one message.
//
// Owns: the list; borrows every region in it. Made once and used for many requests.
// Spec: IBA vol 1, 10.8.1.   C: the sg_list of a work request.

import Verbs

/// Several pieces of ``MemoryRegion``s that a request gathers into one message, or scatters one message over.
///
/// ```swift
/// var list = ScatterGatherList(capacity: 2)
/// list.append(headers, 0..<16)
/// list.append(bodies, 0..<1000)
/// try queuePair.postSend(gathering: list)
/// ```
@safe
public struct ScatterGatherList: ~Copyable, ~Escapable {
    private let base: UnsafeMutablePointer<ScatterGatherElement>
    /// How many pieces it can hold.
    public let capacity: Int
    /// How many pieces it holds.
    public private(set) var count = 0
    /// The size of the message in bytes.
    public private(set) var byteCount = 0

    /// Makes an empty list.
    /// - Parameter capacity: how many pieces it will hold, at least 1.
    @_lifetime(immortal)
    public init(capacity: Int) {
        guard capacity >= 1 else { Misuse.stop("a ScatterGatherList holds at least one piece") }
        unsafe base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { unsafe base.deallocate() }

    /// Adds a piece at the end.
    /// - Parameters:
    ///   - region: holds the piece; the compiler keeps it alive as long as the list.
    ///   - range: its bytes, fewer than 4 GiB; all of the region unless given.
    /// - Precondition: there is room, and the range lies within the region.
    @_lifetime(self: copy self, borrow region)
    public mutating func append(_ region: borrowing MemoryRegion, _ range: Range<Int>? = nil) {
        guard count < capacity else { Misuse.stop("a ScatterGatherList is full: make it with a larger capacity") }
        let element = region.element(range)
        unsafe (base + count).initialize(to: element)
        count += 1
        byteCount += Int(element.length)
    }

    /// The pieces, for the device.
    var elements: UnsafePointer<ScatterGatherElement> { unsafe UnsafePointer(base) }
}
