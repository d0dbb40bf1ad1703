// QueuePair+OneSided.swift - writes, reads and atomics: the poster acts on the target's memory by key.
//
// Owns: the responder's checks in the specification's order (enabled, key, domain, rights, bounds), and that the last
// bytes of a write become visible last, because programs wait for them.
// Spec: IBA vol 1, 9.7.4.1.5 (R_Key), 9.4.5 (atomics).   HOT.
// Locking: `sendLock` held; the target's entry lock from `enter` on. Atomics also hold one of the target's stripe locks
// around their read-modify-write.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// The last bytes of a write, copied by the kernel as a piece of their own: copies within a piece have no order.
    private static var tailBytes: UInt64 { 8 }

    func write(
        _ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload, to target: Int
    ) -> RequestOutcome {
        guard let status = enter(target) else { return .noResponder }
        let responder = responder(at: target)
        guard AccessCheck.isEnabled(.remoteWrite, by: status.access) else { return fail(.operationNotEnabled, target, nil) }
        if payload.byteCount > 0 {
            if let fault = check(request, byteCount: payload.byteCount, use: .remoteWrite, responder) {
                return fail(fault, target, nil)
            }
            // IBA 9.7.5.2.8: what is answered "receiver not ready" has not been executed.
            if opcode == .rdmaWriteWithImmediate, !responder.hasReceive() {
                return leave(responder, .receiverNotReady(timer: status.rnrTimer))
            }
            switch moveOneSided(.write, request, payload, to: target, responder) {
            case .moved: break
            case .localFault: return leave(responder, .done(.localProtectionError))
            case .remoteFault: return fail(.remoteAccess, target, nil)
            case .gone: return leave(responder, .noResponder)
            case .unanswered: return leave(responder, .gaveUp(isReliable: type == .reliableConnection))
            }
        }
        guard opcode == .rdmaWriteWithImmediate else { return leave(responder, .done(.success)) }
        responder.leave()
        return deliver(request, opcode, payload, to: target)
    }

    func read(
        _ request: SendRequest, _ payload: GatheredPayload, from target: Int
    ) -> RequestOutcome {
        guard let status = enter(target) else { return .noResponder }
        let responder = responder(at: target)
        guard AccessCheck.isEnabled(.remoteRead, by: status.access) else { return fail(.operationNotEnabled, target, nil) }
        if responder.entry.responderResources.load() == 0 { return fail(.tooManyOutstanding, target, nil) }
        if payload.byteCount > 0 {
            if let fault = check(request, byteCount: payload.byteCount, use: .remoteRead, responder) {
                return fail(fault, target, nil)
            }
            switch moveOneSided(.read, request, payload, to: target, responder) {
            case .moved: break
            case .localFault: return leave(responder, .done(.localProtectionError))
            case .remoteFault: return fail(.remoteAccess, target, nil)
            case .gone: return leave(responder, .noResponder)
            case .unanswered: return leave(responder, .gaveUp(isReliable: type == .reliableConnection))
            }
        }
        return leave(responder, .done(.success, byteCount: UInt32(truncatingIfNeeded: payload.byteCount)))
    }

    func atomic(
        _ request: SendRequest, _ opcode: SendOpcode, on target: Int
    ) -> RequestOutcome {
        guard let status = enter(target) else { return .noResponder }
        let responder = responder(at: target)
        guard AccessCheck.isEnabled(.remoteAtomic, by: status.access) else { return fail(.operationNotEnabled, target, nil) }
        if responder.entry.responderResources.load() == 0 { return fail(.tooManyOutstanding, target, nil) }
        if let fault = check(request, byteCount: ScatterGatherRules.atomicBytes, use: .remoteAtomic, responder) {
            return fail(fault, target, nil)
        }
        let place = remotePieces[0]
        // Imported memory is its owner's, and so is the lock (ImportedMemory): to hold another one would be to wait in circles.
        let isFar = FrameAddress.isFar(place.base)
        let stripe = responder.view.atomicLock(for: place.base)
        guard isFar || stripe.acquire(as: holder) != .refused else { return fail(.remoteAccess, target, nil) }
        var original: UInt64 = 0
        let result = changeWord(at: place, request, opcode, target, &original)
        if !isFar { stripe.release() }
        switch result {
        case .moved: break
        case .gone: return leave(responder, .noResponder)
        case .unanswered: return leave(responder, .gaveUp(isReliable: type == .reliableConnection))
        case .localFault, .remoteFault: return fail(.remoteAccess, target, nil)
        }
        guard storeResult(original) else { return leave(responder, .done(.localProtectionError)) }
        return leave(responder, .done(.success, byteCount: UInt32(ScatterGatherRules.atomicBytes)))
    }

    /// Writes one aligned word as a whole, in order with the target's atomics. Like a read it is answered, so that the
    /// responder must have resources for it. Spec: IBA vol 1, annex A19.
    @inline(never)
    func writeWord(_ request: SendRequest, _ payload: GatheredPayload, to target: Int) -> RequestOutcome {
        guard joinWord(payload.pieceCount) else { return .done(.localProtectionError) }
        guard let status = enter(target) else { return .noResponder }
        let responder = responder(at: target)
        guard AccessCheck.isEnabled(.remoteWrite, by: status.access) else { return fail(.operationNotEnabled, target, nil) }
        if responder.entry.responderResources.load() == 0 { return fail(.tooManyOutstanding, target, nil) }
        if let fault = check(request, byteCount: ScatterGatherRules.atomicBytes, use: .remoteWrite, responder) {
            return fail(fault, target, nil)
        }
        let stripe = responder.view.atomicLock(for: remotePieces[0].base)
        guard stripe.acquire(as: holder) != .refused else { return fail(.remoteAccess, target, nil) }
        var word = payload
        word.pieceCount = 1
        let result = moveOneSided(.write, request, word, to: target, responder)
        stripe.release()
        switch result {
        case .moved: return leave(responder, .done(.success))
        case .localFault: return leave(responder, .done(.localProtectionError))
        case .remoteFault: return fail(.remoteAccess, target, nil)
        case .gone: return leave(responder, .noResponder)
        case .unanswered: return leave(responder, .gaveUp(isReliable: type == .reliableConnection))
        }
    }

    /// Makes the local pieces, eight bytes in all, one: pieces are copied one after the other.
    private func joinWord(_ pieceCount: Int) -> Bool {
        guard pieceCount > 1 else { return true }
        let whole = unsafe UInt64(UInt(bitPattern: routeHeader.address))
        var place = whole
        for index in 0..<pieceCount {
            let piece = localPieces[index]
            guard GuardedCopy.copy(to: place, from: piece.base, byteCount: Int(piece.length)) else { return false }
            place &+= piece.length
        }
        localPieces[0] = IOVector(base: whole, length: ScatterGatherRules.atomicBytes)
        return true
    }

    /// Reads, computes, writes; the original value is stored.
    private func changeWord(
        at place: IOVector, _ request: SendRequest, _ opcode: SendOpcode, _ target: Int, _ original: inout UInt64
    ) -> TransferResult {
        if let entry = responder(at: target).view.key(request.remoteKey), entry.file.load() != 0,
            let shared = sharedPlace(of: request, target, entry), modifyShared(at: shared, request, opcode, &original)
        {
            return .moved
        }
        let pid = responder(at: target).process
        if pid != 0, !FrameAddress.isFrames(place.base) {
            let moved = modifyWord(at: place, request, opcode, process: pid, &original)
            if moved == 8 { return .moved }
            _ = isRefused(moved, target)
        }
        // Refused, or memory that its owner alone reaches.
        return atomicByAgent(request, opcode, target, &original)
    }

    /// Eight, or what the kernel answered when it did not move the word. A call that is refused has changed nothing.
    private func modifyWord(
        at place: IOVector, _ request: SendRequest, _ opcode: SendOpcode, process pid: Int32, _ original: inout UInt64
    ) -> Int {
        var word: UInt64 = 0
        var far = place
        return unsafe withUnsafeMutableBytes(of: &word) { bytes -> Int in
            var near = IOVector(base: UInt64(UInt(bitPattern: bytes.baseAddress)), length: 8)
            let read = unsafe ProcessMemory.read(from: pid, local: &near, localCount: 1, remote: &far, remoteCount: 1)
            guard read == 8 else { return read }
            original = unsafe bytes.load(as: UInt64.self)
            unsafe bytes.storeBytes(of: Self.changed(original, request, opcode), as: UInt64.self)
            return unsafe ProcessMemory.write(to: pid, local: &near, localCount: 1, remote: &far, remoteCount: 1)
        }
    }

    /// The same in our own mapping of it; false where that faults, and then nothing is changed.
    private func modifyShared(at place: UInt64, _ request: SendRequest, _ opcode: SendOpcode, _ original: inout UInt64) -> Bool {
        var word: UInt64 = 0
        return unsafe withUnsafeMutableBytes(of: &word) { bytes -> Bool in
            let scratch = UInt64(UInt(bitPattern: bytes.baseAddress))
            guard GuardedCopy.copy(to: scratch, from: place, byteCount: 8) else { return false }
            original = unsafe bytes.load(as: UInt64.self)
            unsafe bytes.storeBytes(of: Self.changed(original, request, opcode), as: UInt64.self)
            return GuardedCopy.copy(to: place, from: scratch, byteCount: 8)
        }
    }

    /// What an atomic makes of a word.
    static func changed(_ original: UInt64, _ request: SendRequest, _ opcode: SendOpcode) -> UInt64 {
        switch opcode {
        case .fetchAndAdd: original &+ request.compareAdd
        default: original == request.compareAdd ? request.swap : original
        }
    }

    /// Spreads an atomic's result over the local pieces, which sum up to eight bytes.
    private func storeResult(_ original: UInt64) -> Bool {
        var value = original
        return unsafe withUnsafeBytes(of: &value) { bytes -> Bool in
            var source = UInt64(UInt(bitPattern: bytes.baseAddress))
            var left: UInt64 = 8
            var index = 0
            while left > 0 {
                let piece = localPieces[index]
                guard GuardedCopy.copy(to: piece.base, from: source, byteCount: Int(piece.length)) else { return false }
                source &+= piece.length
                left &-= piece.length
                index &+= 1
            }
            return true
        }
    }

    /// The responder's checks of the key; on success the remote list's first piece is the translated range.
    @inline(__always)
    private func check(
        _ request: SendRequest, byteCount: UInt64, use: RegionUse, _ responder: Responder
    ) -> ResponderFault? {
        guard let entry = responder.view.key(request.remoteKey) else { return .remoteAccess }
        if entry.touched.load() == 0 { entry.touched.exchange(1) }
        if entry.isWatched { responder.view.header.awaitMappingChanges() }
        let verdict = AccessCheck.check(
            entry.descriptor, key: request.remoteKey, address: request.remoteAddress, length: byteCount,
            protectionDomain: responder.protectionDomain, use: use)
        guard verdict == .granted, entry.isOpen(to: responder.entry.number) else { return .remoteAccess }
        remotePieces[0] = IOVector(base: entry.translate(request.remoteAddress), length: byteCount)
        return nil
    }

    /// Moves the bytes of a checked request: through shared memory where both have it mapped, by the kernel otherwise.
    @inline(__always)
    private func moveOneSided(
        _ direction: TransferDirection, _ request: SendRequest, _ payload: GatheredPayload, to target: Int,
        _ responder: Responder
    ) -> TransferResult {
        if let entry = responder.view.key(request.remoteKey), entry.file.load() != 0,
            copyShared(direction, request, payload, to: target, entry)
        {
            return .moved
        }
        let remoteCount = direction == .write ? splitTail(payload.byteCount) : 1
        return transfer(
            direction, payload, remoteCount: remoteCount,
            .region(key: request.remoteKey, address: request.remoteAddress), target)
    }

    /// Makes the last bytes a piece of their own; the number of pieces.
    @inline(__always)
    private func splitTail(_ byteCount: UInt64) -> Int {
        guard byteCount > Self.tailBytes else { return 1 }
        let base = remotePieces[0].base
        remotePieces[0].length = byteCount &- Self.tailBytes
        remotePieces[1] = IOVector(base: base &+ byteCount &- Self.tailBytes, length: Self.tailBytes)
        return 2
    }

    @inline(__always)
    private func leave(_ responder: Responder, _ outcome: RequestOutcome) -> RequestOutcome {
        responder.leave()
        return outcome
    }
}
