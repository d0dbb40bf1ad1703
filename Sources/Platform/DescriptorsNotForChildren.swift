// DescriptorsNotForChildren.swift - descriptors that come and go, and that a forked child closes at once.
//
// Owns: a table that only grows at its end, for the handler in the child. An entry is taken out before its descriptor is
// closed, so that a child never closes a foreign one; a fork in between leaves the child one more descriptor.
// Locking: the owner's; the child's handler takes none.

/// Descriptors that keep something alive which no child should keep.
@safe
struct DescriptorsNotForChildren {
    private static let capacity = 1 << 16
    nonisolated(unsafe) private static let table = {
        let table = UnsafeMutablePointer<Int32>.allocate(capacity: capacity)
        unsafe table.initialize(repeating: -1, count: capacity)
        return unsafe table
    }()
    nonisolated(unsafe) private static var bound = 0

    init() throws(SystemError) {
        unsafe Self.bound = 0
        _ = unsafe Self.table
        if unsafe !Self.isRegistered { try ForkGuard.registerChildHandler { DescriptorsNotForChildren.closeAll() } }
        unsafe Self.isRegistered = true
    }

    nonisolated(unsafe) private static var isRegistered = false

    /// False when the table is full: a child would then keep the descriptor.
    func add(_ descriptor: Int32) -> Bool {
        let bound = unsafe Self.bound
        if let place = (0..<bound).first(where: { unsafe Self.table[$0] < 0 }) {
            unsafe Self.table[place] = descriptor
            return true
        }
        guard bound < Self.capacity else { return false }
        unsafe Self.table[bound] = descriptor
        unsafe Self.bound = bound + 1
        return true
    }

    func remove(_ descriptor: Int32) {
        guard let place = unsafe (0..<Self.bound).first(where: { unsafe Self.table[$0] == descriptor }) else { return }
        unsafe Self.table[place] = -1
    }

    private static func closeAll() {
        for place in unsafe 0..<bound where unsafe table[place] >= 0 { _ = unsafe OwnedDescriptor(adopting: table[place]) }
        unsafe bound = 0
    }
}
