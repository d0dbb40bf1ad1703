// PinLedger+Tree.swift - the balanced tree of count changes under the ledger.
//
// A treap: ordered by page, heaped by a priority that is a fixed scrambling of the page, so that the same calls build
// the same tree. Nodes live in one array and name each other by position.

extension PinLedger {
    /// A page at which the count changes.
    struct Node: Sendable {
        static let none: Int32 = -1

        var page: UInt64
        /// By how much the count changes here. Never zero.
        var change: Int32
        /// Sum of the changes of this subtree.
        var sum: Int32
        /// Lowest running sum within this subtree, in order of page, counted from its own first node.
        var lowest: Int32
        let priority: UInt32
        var left = Node.none
        var right = Node.none

        init(page: UInt64, change: Int32) {
            self.page = page
            self.change = change
            sum = change
            lowest = change
            priority = Self.scramble(page)
        }

        /// Spreads consecutive pages over all priorities.
        static func scramble(_ page: UInt64) -> UInt32 {
            var value = page &* 0x9e37_79b9_7f4a_7c15
            value = (value ^ value >> 32) &* 0xd6e8_feb8_6659_fd93
            return UInt32(truncatingIfNeeded: value >> 32)
        }
    }

    /// Changes the count of a page and all that follow.
    mutating func change(at page: UInt64, by amount: Int32) {
        root = changed(root, at: page, by: amount)
    }

    /// The sum of all changes up to and including a page: its count.
    func runningSum(through page: UInt64) -> Int32 {
        var sum: Int32 = 0
        var current = root
        while current != Node.none {
            let node = nodes[Int(current)]
            if page < node.page {
                current = node.left
            } else {
                sum += self.sum(node.left) + node.change
                current = node.right
            }
        }
        return sum
    }

    /// The first boundary above a page.
    func firstBoundary(after page: UInt64) -> UInt64? {
        var found: UInt64?
        var current = root
        while current != Node.none {
            let node = nodes[Int(current)]
            if node.page > page { found = node.page }
            current = node.page > page ? node.left : node.right
        }
        return found
    }

    /// The first boundary above a page from which on the count is zero.
    func firstZero(after page: UInt64) -> UInt64? { firstZero(in: root, before: 0, after: page) }

    /// - Parameter before: the running sum up to this subtree.
    private func firstZero(in index: Int32, before: Int32, after page: UInt64) -> UInt64? {
        guard index != Node.none, before + nodes[Int(index)].lowest <= 0 else { return nil }
        let node = nodes[Int(index)]
        let here = before + sum(node.left) + node.change
        if node.page > page {
            if let found = firstZero(in: node.left, before: before, after: page) { return found }
            if here == 0 { return node.page }
        }
        return firstZero(in: node.right, before: here, after: page)
    }

    /// Visits every boundary in order of page.
    func forEachBoundary(_ body: (_ page: UInt64, _ change: Int32) -> Void) {
        var path: [Int32] = []
        var current = root
        while current != Node.none || !path.isEmpty {
            while current != Node.none {
                path.append(current)
                current = nodes[Int(current)].left
            }
            let node = nodes[Int(path.removeLast())]
            body(node.page, node.change)
            current = node.right
        }
    }

    // MARK: Rebuilding

    private mutating func changed(_ index: Int32, at page: UInt64, by amount: Int32) -> Int32 {
        guard index != Node.none else { return allocate(page: page, change: amount) }
        let node = nodes[Int(index)]
        if page == node.page {
            nodes[Int(index)].change += amount
            if nodes[Int(index)].change == 0 {
                release(index)
                return merged(node.left, node.right)
            }
        } else if page < node.page {
            let left = changed(node.left, at: page, by: amount)
            nodes[Int(index)].left = left
            if left != Node.none, nodes[Int(left)].priority > node.priority { return rotatedRight(index) }
        } else {
            let right = changed(node.right, at: page, by: amount)
            nodes[Int(index)].right = right
            if right != Node.none, nodes[Int(right)].priority > node.priority { return rotatedLeft(index) }
        }
        update(index)
        return index
    }

    /// One tree out of two; every page of the first is below every page of the second.
    private mutating func merged(_ low: Int32, _ high: Int32) -> Int32 {
        if low == Node.none { return high }
        if high == Node.none { return low }
        if nodes[Int(low)].priority > nodes[Int(high)].priority {
            nodes[Int(low)].right = merged(nodes[Int(low)].right, high)
            update(low)
            return low
        }
        nodes[Int(high)].left = merged(low, nodes[Int(high)].left)
        update(high)
        return high
    }

    private mutating func rotatedRight(_ index: Int32) -> Int32 {
        let child = nodes[Int(index)].left
        nodes[Int(index)].left = nodes[Int(child)].right
        nodes[Int(child)].right = index
        update(index)
        update(child)
        return child
    }

    private mutating func rotatedLeft(_ index: Int32) -> Int32 {
        let child = nodes[Int(index)].right
        nodes[Int(index)].right = nodes[Int(child)].left
        nodes[Int(child)].left = index
        update(index)
        update(child)
        return child
    }

    /// Recomputes what a node knows of its subtree.
    private mutating func update(_ index: Int32) {
        let node = nodes[Int(index)]
        let here = sum(node.left) + node.change
        nodes[Int(index)].sum = here + sum(node.right)
        nodes[Int(index)].lowest = lowest(of: node, here: here)
    }

    private func lowest(of node: Node, here: Int32) -> Int32 {
        var lowest = here
        if node.left != Node.none { lowest = min(lowest, nodes[Int(node.left)].lowest) }
        if node.right != Node.none { lowest = min(lowest, here + nodes[Int(node.right)].lowest) }
        return lowest
    }

    private func sum(_ index: Int32) -> Int32 { index == Node.none ? 0 : nodes[Int(index)].sum }

    private mutating func allocate(page: UInt64, change: Int32) -> Int32 {
        let node = Node(page: page, change: change)
        guard firstFree != Node.none else {
            nodes.append(node)
            return Int32(nodes.count - 1)
        }
        let index = firstFree
        firstFree = nodes[Int(index)].left
        nodes[Int(index)] = node
        return index
    }

    private mutating func release(_ index: Int32) {
        nodes[Int(index)].left = firstFree
        firstFree = index
    }
}
