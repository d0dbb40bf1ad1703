// KernelState+Queries.swift - what expectations and traces ask about a state.
//
// Owns: the public questions. Does not: change anything.

extension KernelState {
    public func outcome(_ variable: VariableID) -> Outcome { Outcome(code: self[.variable(variable)]) }

    /// The frame that the processor reaches at a page.
    public func frameMapped(_ process: ProcessID, _ page: PageNumber) -> PageFrameNumber? {
        entry(process, page).mappedFrame
    }

    /// The frames that the processor reaches, by page.
    public func framesMapped(_ process: ProcessID) -> [PageFrameNumber?] {
        var state = self
        return state.readFrames(process)
    }

    private mutating func readFrames(_ process: ProcessID) -> [PageFrameNumber?] {
        var frames = [PageFrameNumber?](repeating: nil, count: Bounds.pages)
        for index in 0..<Bounds.pages { frames[index] = entry(process, PageNumber(index)).mappedFrame }
        return frames
    }

    /// True if zeroes are mapped there by the one entry of a huge page: page by page they lie in other frames than the zero page's.
    public func isHugeZero(_ process: ProcessID, _ page: PageNumber) -> Bool {
        entry(process, page).presentFrame == KernelState.zeroFrame && entryFlags(process, page).contains(.whole)
    }

    /// The frame that a holder names for its page `slot`.
    public func frameHeld(_ region: RegionID, _ slot: Int) -> PageFrameNumber? { slotFrame(region, slot) }

    public func pinsAndReferences(_ frame: PageFrameNumber) -> Int { pins(frame) + plainReferences(frame) }

    /// Pins of holders, each page as often as it is held.
    public var pinsHeld: Int {
        var count = 0
        for region in 0..<Bounds.regions {
            for slot in 0..<Bounds.pages where slotFlags(RegionID(region), slot).contains(.pinned) { count += 1 }
        }
        return count
    }

    public func lockedPages(_ process: ProcessID) -> Int { self[.process(process, .locked)] }
    public func pinnedPages(_ process: ProcessID) -> Int { self[.process(process, .pinned)] }
    public func userPages(_ process: ProcessID) -> Int { self[.process(ProcessID(self[.process(process, .user)]), .userLocked)] }
    public func frameZone(_ frame: PageFrameNumber) -> Zone { zone(frame) }
    public func has(_ fact: GlobalField) -> Bool { self[.global(fact)] != 0 }
    public func isMapped(_ process: ProcessID, _ page: PageNumber) -> Bool { !mapping(process, page).isHole }

    /// Frames held by holders that no key, pipe or pin owns any more, or in use without any reference.
    public var leakedFrames: Int {
        var count = 0
        for region in 0..<Bounds.regions where life(RegionID(region)) == .none {
            for slot in 0..<Bounds.pages where slotFrame(RegionID(region), slot) != nil { count += 1 }
        }
        return count
    }

    /// The first peer of the peer's user.
    public func busUser(_ peer: PeerID) -> PeerID { PeerID(self[.bus(BusField.user.rawValue + peer.index)]) }

    /// What the peer's user has left of a resource.
    public func busRemaining(_ peer: PeerID, _ resource: BusResource) -> Int {
        let user = self[.bus(BusField.user.rawValue + peer.index)]
        return self[.bus(BusField.remaining.rawValue + user * BusResource.allCases.count + resource.rawValue)]
    }

    /// What the peer itself has left of a resource.
    public func busOwnRemaining(_ peer: PeerID, _ resource: BusResource) -> Int {
        self[.bus(BusField.peerRemaining.rawValue + peer.index * BusResource.allCases.count + resource.rawValue)]
    }

    public func busReceived(_ peer: PeerID) -> Int { self[.bus(BusField.received.rawValue + peer.index)] }
    public func busQueued(_ peer: PeerID) -> Int { self[.bus(BusField.queued.rawValue + peer.index)] }

    /// True if `holder` can send to the node of `peer`.
    public func busHolds(_ holder: PeerID, _ peer: PeerID) -> Bool {
        self[.bus(BusField.held.rawValue + peer.index)] & 1 << holder.index != 0 && self[.bus(BusField.destroyed.rawValue + peer.index)] == 0
    }

    /// True if `peer` has read that the node of `owner` ended.
    public func busTold(_ peer: PeerID, of owner: PeerID) -> Bool { self[.bus(BusField.told.rawValue + peer.index)] & 1 << owner.index != 0 }

    /// The peer wants to be told when nodes end whose handles it holds.
    public mutating func setBusListener(_ peer: PeerID) { self[.bus(BusField.listeners.rawValue)] |= 1 << peer.index }

    /// - Parameters:
    ///   - user: the first peer of its user.
    ///   - isHidden: at first nobody else holds a handle of the peer's node.
    public mutating func setBusPeer(_ peer: PeerID, user: PeerID, isHidden: Bool) {
        self[.bus(BusField.user.rawValue + peer.index)] = user.index
        self[.bus(BusField.held.rawValue + peer.index)] = isHidden ? 1 << peer.index : (1 << Bounds.peers) - 1
        for resource in BusResource.allCases {
            if user == peer { setBusQuota(user, resource, KernelState.unlimited) }
            setBusOwnQuota(peer, resource, KernelState.unlimited)
        }
    }

    public mutating func setBusQuota(_ user: PeerID, _ resource: BusResource, _ amount: Int) {
        self[.bus(BusField.remaining.rawValue + user.index * BusResource.allCases.count + resource.rawValue)] = amount
    }

    public mutating func setBusOwnQuota(_ peer: PeerID, _ resource: BusResource, _ amount: Int) {
        self[.bus(BusField.peerRemaining.rawValue + peer.index * BusResource.allCases.count + resource.rawValue)] = amount
    }

    /// True if the page-table entry lets the processor write.
    public func isWritable(_ process: ProcessID, _ page: PageNumber) -> Bool {
        entry(process, page).presentFrame != nil && entryFlags(process, page).contains(.writable)
    }
}
