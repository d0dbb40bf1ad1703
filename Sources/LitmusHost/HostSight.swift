// HostSight.swift - what a kernel shows when a statement has been carried out.
//
// Owns: the answer, the address spaces and the page maps, so that they can be compared with more than one model.
import KernelMemory
import Platform

/// What a kernel shows after a statement.
struct HostSight {
    /// The areas of one living process, and what is charged to it.
    struct Space: Equatable {
        let areas: AreaSketch
        let locked: Int
        let pinned: Int
        /// Pages that io_uring has charged to its user, no more than its limit; nil where nothing tells.
        let charged: Int?
    }

    /// The statement's answer; nil before the first one.
    var answered: Outcome?
    /// By process; nil for one that is not there.
    var spaces: [Space?] = []
    /// Pages that are pinned because of this scenario, each as often as it is; nil where they were not counted.
    var pins: Int?
    /// The page-table entries by process and page; nil for a process that is not there. Empty where frames are not looked at.
    var entries: [[PageMap.Entry]?] = []
}
