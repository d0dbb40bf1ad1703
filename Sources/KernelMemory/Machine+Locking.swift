// Machine+Locking.swift - who excludes whom: the map lock of an address space, and the page-table lock that fork holds per page.
//
// Owns: the tests. Counterpart in Linux: mmap_lock (mmap_sem), pte_lockptr.

extension Machine {
    /// True if another actor holds the map lock of `process` in a way that excludes a reader.
    func isWriteLocked(_ process: ProcessID, except actor: ActorID, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount where index != actor.index {
            let other = ActorID(index)
            guard state[.actor(other, .lock)] == MapLock.write.rawValue else { continue }
            if let operation = operation(of: other, in: state), operation.process == process { return true }
        }
        return false
    }

    /// True if another actor holds the map lock of `process` at all.
    func isLocked(_ process: ProcessID, except actor: ActorID, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount where index != actor.index {
            let other = ActorID(index)
            guard state[.actor(other, .lock)] != MapLock.none.rawValue else { continue }
            if let operation = operation(of: other, in: state), operation.process == process { return true }
        }
        return false
    }

    /// Takes the map lock for writing; false if the actor must wait.
    func lockForWriting(_ call: Call, _ state: inout KernelState) -> Bool {
        guard !isLocked(call.process, except: call.actor, state) else { return false }
        state[.actor(call.actor, .lock)] = MapLock.write.rawValue
        return true
    }

    /// Takes the map lock for reading; false if the actor must wait.
    func lockForReading(_ call: Call, _ lock: MapLock, _ state: inout KernelState) -> Bool {
        if state[.actor(call.actor, .lock)] != MapLock.none.rawValue { return true }
        guard !isWriteLocked(call.process, except: call.actor, state) else { return false }
        state[.actor(call.actor, .lock)] = lock.rawValue
        return true
    }

    /// True while a fork of `process` is between its test of an entry and its action on it: it holds the page-table lock, so
    /// the reverse map's walkers wait. Fast lookups take no lock and do not.
    func isTableLocked(_ process: ProcessID, _ state: borrowing KernelState) -> Bool {
        for index in 0..<actorCount {
            let actor = ActorID(index)
            guard state[.actor(actor, .phase)] >= ForkPhase.share.rawValue,
                let operation = operation(of: actor, in: state), operation.kind == .fork, operation.process == process
            else { continue }
            return true
        }
        return false
    }
}
