// QueuePair+Execute.swift - one send request, from the poster's memory to its outcome.
//
// Owns: the requester's checks and their order: local keys, lengths, then the target. Does not: know what the target
// does with it (+Deliver, +OneSided).
// Spec: IBA vol 1, 9.7.3 (requester), 10.7.2.   HOT.
// Locking: `sendLock` held; the target's entry lock while the target is acted upon.

import Fabric
import Platform
import Verbs

extension QueuePair {
    func execute(_ request: SendRequest, _ opcode: SendOpcode, _ destination: DatagramDestination?) -> RequestOutcome {
        if opcode == .localInvalidate || opcode == .bindMemoryWindow { return executeOnWindow(request, opcode) }
        var payload = GatheredPayload()
        guard gather(request, opcode, &payload) else { return .done(.localProtectionError) }
        let mtu = type == .unreliableDatagram ? ScatterGatherRules.bytes(mtuCode: context.limits.activeMTU) : 0
        switch ScatterGatherRules.judge(
            opcode, type: type, totalLength: payload.byteCount, remoteAddress: request.remoteAddress, pathMTUBytes: mtu,
            maxMessageBytes: context.limits.maxMessageBytes)
        {
        case .allowed: break
        case .localLengthError: return .done(.localLengthError)
        case .discarded: return .done(.success)
        case .misalignedAtomic: return refuse(.misalignedAtomic)
        }
        if type == .unreliableDatagram { return executeDatagram(request, opcode, destination, payload) }
        if type == .xrcInitiator { return executeExtended(request, opcode, payload) }
        guard let target = connectedTarget() else { return type.isReliable ? .noResponder : .done(.success) }
        let outcome = perform(request, opcode, payload, on: target)
        // An unreliable requester never learns what became of its message.
        return type.isReliable || outcome.fault == nil ? outcome : .done(.success)
    }

    @inline(__always)
    func perform(
        _ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload, on target: Int
    ) -> RequestOutcome {
        switch opcode {
        case .send, .sendWithImmediate, .sendWithInvalidate: deliver(request, opcode, payload, to: target)
        case .rdmaWrite, .rdmaWriteWithImmediate: write(request, opcode, payload, to: target)
        case .rdmaRead: read(request, payload, from: target)
        case .compareAndSwap, .fetchAndAdd: atomic(request, opcode, on: target)
        case .atomicWrite: writeWord(request, payload, to: target)
        case .localInvalidate, .bindMemoryWindow: .done(.localQueuePairOperationError)
        }
    }

    /// Lets the target refuse a request that names nothing it could check.
    private func refuse(_ fault: ResponderFault) -> RequestOutcome {
        guard let target = connectedTarget(), enter(target) != nil else {
            return .noResponder
        }
        return fail(fault, target, nil)
    }

    /// Resolves the scatter list into the scratch list; false when a key does not allow it.
    @inline(__always)
    private func gather(_ request: SendRequest, _ opcode: SendOpcode, _ payload: inout GatheredPayload) -> Bool {
        let count = Int(request.elementCount)
        guard count > 0, let elements = unsafe request.elements else { return true }
        let isInline = request.flags.contains(.inline)
        let use: RegionUse = opcode.writesLocalMemory ? .localWrite : .localRead
        for index in 0..<count {
            let element = unsafe elements[index]
            guard element.length > 0 else { continue }
            var address = element.address
            if !isInline {
                guard let entry = view.key(element.localKey) else { return false }
                if entry.isWatched { view.header.awaitMappingChanges() }
                let verdict = AccessCheck.check(
                    entry.descriptor, key: element.localKey, address: element.address, length: UInt64(element.length),
                    protectionDomain: domain.number, use: use)
                guard verdict == .granted else { return false }
                address = entry.translate(element.address)
            }
            localPieces[payload.pieceCount] = IOVector(base: address, length: UInt64(element.length))
            payload.pieceCount &+= 1
            payload.byteCount &+= UInt64(element.length)
        }
        return true
    }

    /// The responder this queue pair is connected to; nil when nobody answers to its number.
    @inline(__always)
    func connectedTarget() -> Int? {
        targets[Self.connectionPlace].isBound || bindConnected() ? Self.connectionPlace : nil
    }

    @inline(never)
    private func bindConnected() -> Bool {
        guard let device = pathDevice, let peer = process.member.peer(for: attributes.destinationQueuePair, mayWait: false),
            let responder = Responder(peer: peer, number: attributes.destinationQueuePair, type: type.responder),
            responder.entry.device.load() == device,
            QueuePairStatus(rawValue: responder.entry.status.acquire()).canRespond,
            responder.entry.receivePSN.load() == attributes.sendPSN
        else { return false }
        peers[Self.connectionPlace] = peer
        showReach(peer.reach)
        targets[Self.connectionPlace] = Target(number: attributes.destinationQueuePair, responder: responder)
        return true
    }

    /// Takes the target's lock if it is still the queue pair that was bound, able to respond, and connected to us.
    /// Nil, and no lock, otherwise.
    @inline(__always)
    func enter(_ target: Int) -> QueuePairStatus? {
        let responder = responder(at: target)
        guard responder.entry.lock.acquire(as: holder) != .refused else { return nil }
        let status = QueuePairStatus(rawValue: responder.entry.status.acquire())
        if status.epoch == responder.epoch, status.canRespond,
            type == .unreliableDatagram || responder.entry.peer.load() == number.rawValue
        {
            if responder.enterExtended(as: holder) { return status }
            targets[target].isBound = false
        }
        responder.entry.lock.release()
        if status.epoch != responder.epoch { forgetTargets() }
        return nil
    }

    /// Whom we were bound to is gone or has begun a new life: bind again when needed.
    @inline(never)
    func forgetTargets() {
        for index in peers.indices {
            peers[index] = nil
            regions[index] = nil
            targets[index] = Target(placeholder: receiveSlots)
        }
    }

    /// A peer's process has ended.
    func forget(_ peer: Peer) {
        sendLock.acquire()
        defer { sendLock.release() }
        for index in peers.indices where peers[index] === peer {
            peers[index] = nil
            regions[index] = nil
            targets[index] = Target(placeholder: receiveSlots)
        }
    }

    /// The peer behind a target, for its event descriptors.
    func peer(of target: Int) -> Peer? { peers[target] }

    @inline(__always)
    func responder(at target: Int) -> Responder { targets[target].responder }
}
