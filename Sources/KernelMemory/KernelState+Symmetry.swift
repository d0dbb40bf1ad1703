// KernelState+Symmetry.swift - renumbers page frames in the order in which the state's cells name them.
//
// Owns: the permutation. Large folios and states that name a free frame keep their numbers: there the order means something.

extension KernelState {
    /// Renumbers frames, within their zone, in the order in which entries, caches, holders and actors name them.
    public mutating func renumberFrames() {
        var order = InlineArray<16, UInt8>(repeating: 255)
        var taken: UInt32 = 0
        var changed = false
        for frame in 0..<(Bounds.frames - 1) where self[.frame(PageFrameNumber(frame), .folio)] != 0 { return }
        for cell in 0..<(Bounds.processes &* Bounds.pages) where cells[cell] != 0 {
            let code = Int(cells[cell])
            if code < 32 { changed = meet(code &- 1, &order, &taken) || changed }
            else if code >= 64 { changed = meet(code & 63, &order, &taken) || changed }
        }
        for cell in Cell.frameNames {
            let code = Int(cells[cell])
            if code != 0 { changed = meet(code &- 1, &order, &taken) || changed }
        }
        for actor in 0..<Bounds.actors {
            let code = self[.actor(ActorID(actor), .entry)]
            if code == 0 { continue }
            if code < 32 { changed = meet(code &- 1, &order, &taken) || changed }
            else if code >= 64 { changed = meet(code & 63, &order, &taken) || changed }
        }
        guard changed else { return }
        permute(order, taken)
    }

    /// Gives the frame the next number of its zone; true if that is not its own.
    private func meet(_ frame: Int, _ order: inout InlineArray<16, UInt8>, _ taken: inout UInt32) -> Bool {
        guard frame < Bounds.frames - 1, order[frame] == 255 else { return false }
        let zone = self[.frame(PageFrameNumber(frame), .zone)]
        for candidate in 0..<(Bounds.frames - 1) where taken & (1 << UInt32(truncatingIfNeeded: candidate)) == 0 {
            guard self[.frame(PageFrameNumber(candidate), .zone)] == zone else { continue }
            order[frame] = UInt8(candidate)
            taken |= 1 << UInt32(truncatingIfNeeded: candidate)
            return candidate != frame
        }
        return false
    }

    private mutating func permute(_ met: InlineArray<16, UInt8>, _ taken: UInt32) {
        var order = met
        var taken = taken
        for frame in 0..<(Bounds.frames - 1) where order[frame] == 255 { _ = meet(frame, &order, &taken) }
        order[Bounds.frames - 1] = UInt8(Bounds.frames - 1)
        let old = self
        for cell in 0..<(Bounds.processes &* Bounds.pages) where cells[cell] != 0 {
            let code = Int(cells[cell])
            if code < 32 { self[raw: cell] = order[code &- 1] &+ 1 }
            else if code >= 64 { self[raw: cell] = UInt8(code & ~63) | order[code & 63] }
        }
        for cell in Cell.frameNames where cells[cell] != 0 { self[raw: cell] = order[Int(cells[cell]) &- 1] &+ 1 }
        for actor in 0..<Bounds.actors {
            let cell = Cell.actor(ActorID(actor), .entry)
            let code = self[cell]
            guard code != 0 else { continue }
            if code < 32 { self[cell] = Int(order[code - 1]) + 1 } else if code >= 64 { self[cell] = (code & ~63) | Int(order[code & 63]) }
        }
        for frame in 0..<(Bounds.frames - 1) where order[frame] != UInt8(frame) {
            for field in 0..<9 where field != FrameField.zone.rawValue {
                let offset = Cell.frameBase &+ field &* Bounds.frames
                self[raw: offset &+ Int(order[frame])] = old.cells[offset &+ frame]
            }
        }
    }
}
