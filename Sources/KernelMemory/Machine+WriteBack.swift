// Machine+WriteBack.swift - dirty pages of files: who is told of the first write, and what write-back and reclaim do.
//
// Owns: a frame's two marks (dirty, and announced: the file system was told since the page was last clean), write-back in its steps, and
// reclaim of a clean page of the page cache. Does not: decide which pins are refused for it (Machine+Pin).
// Counterpart in Linux: page_mkwrite, clear_page_dirty_for_io, page_mkclean, __remove_mapping.

/// Steps of a write-back.
private enum WriteBackPhase: Int {
    case begin = 0
    case protect
    case store
}

extension Machine {
    /// page_mkwrite: the file system is told, and may refuse no more until the page is clean again.
    func announceWrite(_ frame: PageFrameNumber, _ state: inout KernelState) { state[.frame(frame, .dirty)] = 3 }

    /// Marks a frame dirty. A page of a file with write-back that becomes dirty without an announcement is what such file systems do not expect.
    func markDirty(_ frame: PageFrameNumber, _ state: inout KernelState) {
        let marks = state[.frame(frame, .dirty)]
        if state.use(frame) == .pageCache, marks & 2 == 0, let backing = state.cachedBacking(frame),
            state.backingKind(backing) == .trackedFile
        {
            state[.global(.unannouncedWrite)] = 1
        }
        state[.frame(frame, .dirty)] = marks | 1
    }

    /// One step of writing a page of a file back, or of reclaiming it.
    func stepFilePage(_ call: Call, _ state: inout KernelState) -> Bool {
        let backing = BackingPage(call.operation.argument)
        let cached = state[.backing(backing, .cache)]
        guard cached != 0 else { return finish(call, &state, .noEntry) }
        let frame = PageFrameNumber(cached - 1)
        return call.operation.kind == .writeBack ? writeBack(call, backing, frame, &state) : reclaim(call, backing, frame, &state)
    }

    /// Every entry loses its right to write, one by one, so that the next store is announced; then the page is clean; then what it holds goes
    /// to the file.
    private func writeBack(_ call: Call, _ backing: BackingPage, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        switch WriteBackPhase(rawValue: state[.actor(call.actor, .phase)])! {
        case .begin:
            guard state[.frame(frame, .dirty)] != 0 else { return finish(call, &state, .tryAgain) }
            state[.actor(call.actor, .phase)] = WriteBackPhase.protect.rawValue
        case .protect:
            if rules.has(.guardWriteBackProtects), protectOne(frame, &state) { return true }
            state[.frame(frame, .dirty)] = 0
            state[.actor(call.actor, .phase)] = WriteBackPhase.store.rawValue
        case .store:
            state[.backing(backing, .stored)] = state[.frame(frame, .content)]
            return finish(call, &state)
        }
        return true
    }

    /// Takes the right to write from the first entry that has it; false if none has.
    private func protectOne(_ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages {
                let (owner, number) = (ProcessID(process), PageNumber(page))
                let flags = state.entryFlags(owner, number)
                guard flags.contains(.writable), state.entry(owner, number).presentFrame == frame else { continue }
                notify(owner, number, &state)
                state.setEntry(owner, number, .present(frame), flags.subtracting(.writable))
                return true
            }
        }
        return false
    }

    /// A page that is clean, unmapped and unreferenced leaves the page cache; the next reader gets what the file has.
    private func reclaim(_ call: Call, _ backing: BackingPage, _ frame: PageFrameNumber, _ state: inout KernelState) -> Bool {
        if state[.frame(frame, .dirty)] != 0 || state.unexpectedReferences(frame) > 0 { return finish(call, &state, .busy) }
        for process in 0..<Bounds.processes {
            for page in 0..<Bounds.pages where state.entry(ProcessID(process), PageNumber(page)).presentFrame == frame {
                zap(ProcessID(process), PageNumber(page), &state)
                return true
            }
        }
        state[.backing(backing, .cache)] = 0
        state.freeIfUnused(frame)
        return finish(call, &state)
    }
}
