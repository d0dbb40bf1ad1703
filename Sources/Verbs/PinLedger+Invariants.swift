// PinLedger+Invariants.swift - what is always true of the ledger, for tests and debugging.

extension PinLedger {
    /// Walks the whole tree.
    /// - Returns: what is wrong, or nil.
    public func checkInvariants() -> String? { boundaryProblem() ?? placeProblem() ?? audit(root).problem }

    /// Boundaries in the tree.
    public var boundaryCount: Int {
        var count = 0
        forEachBoundary { _, _ in count += 1 }
        return count
    }

    /// Longest way from the root down.
    public var depth: Int { depth(root) }

    private func depth(_ index: Int32) -> Int {
        index == Node.none ? 0 : 1 + max(depth(nodes[Int(index)].left), depth(nodes[Int(index)].right))
    }

    /// The boundaries in order: pages rise, changes are not zero, counts are not negative and end at zero.
    private func boundaryProblem() -> String? {
        var sum: Int32 = 0
        var previous: UInt64?
        var held: UInt64 = 0
        var problem: String?
        forEachBoundary { page, change in
            if let previous {
                if page <= previous { problem = "page \(page) after page \(previous)" }
                if sum > 0 { held += page &- previous }
            }
            sum += change
            previous = page
            if change == 0 { problem = "no change at page \(page)" }
            if sum < 0 { problem = "negative count at page \(page)" }
        }
        if sum != 0 { problem = "the last page is followed by a count of \(sum)" }
        if held != heldPageCount { problem = "\(heldPageCount) pages counted, \(held) held" }
        return problem
    }

    /// Every place of the array is either in the tree or free.
    private func placeProblem() -> String? {
        var free = 0
        var place = firstFree
        while place != Node.none {
            free += 1
            place = nodes[Int(place)].left
        }
        return free + boundaryCount == nodes.count ? nil : "\(nodes.count) places, \(free) free, \(boundaryCount) used"
    }

    /// Recomputes what each subtree says of itself.
    private func audit(_ index: Int32) -> (sum: Int32, lowest: Int32, problem: String?) {
        guard index != Node.none else { return (0, 0, nil) }
        let node = nodes[Int(index)]
        let left = audit(node.left)
        let right = audit(node.right)
        let here = left.sum + node.change
        var lowest = here
        if node.left != Node.none { lowest = min(lowest, left.lowest) }
        if node.right != Node.none { lowest = min(lowest, here + right.lowest) }
        var problem = left.problem ?? right.problem
        if node.sum != here + right.sum { problem = "wrong sum at page \(node.page)" }
        if node.lowest != lowest { problem = "wrong lowest sum at page \(node.page)" }
        for child in [node.left, node.right] where child != Node.none {
            if nodes[Int(child)].priority > node.priority { problem = "heap broken at page \(node.page)" }
        }
        return (here + right.sum, lowest, problem)
    }
}
