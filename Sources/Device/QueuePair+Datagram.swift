// QueuePair+Datagram.swift - unreliable datagrams: finding the target, and the header in front.
//
// Owns: the cache of bound targets. A datagram for nobody is lost, as on a wire.
// Spec: IBA vol 1, 9.8.3 (unreliable datagram).   HOT.
// Locking: `sendLock` held.

import Fabric
import Platform
import Verbs

extension QueuePair {
    func executeDatagram(
        _ request: SendRequest, _ opcode: SendOpcode, _ destination: DatagramDestination?, _ payload: GatheredPayload
    ) -> RequestOutcome {
        // IBA 10.2.2.1, 11.6.2: the address handle must be of the queue pair's own protection domain.
        guard let destination, destination.protectionDomain == domain.number else { return .done(.localQueuePairOperationError) }
        if request.remoteQueuePair == .multicast {
            return executeMulticast(request, opcode, destination, frame(payload, destination))
        }
        guard let device = destination.device,
            let target = datagramTarget(request.remoteQueuePair, device: device)
        else { return .done(.success) }
        let framed = frame(payload, destination)
        let outcome = deliver(request, opcode, framed, to: target)
        return outcome.fault == nil ? outcome : .done(.success)
    }

    /// - Parameter device: where the path leads; nil: wherever the queue pair is.
    @inline(__always)
    func datagramTarget(_ number: QueuePairNumber, device: UInt32?) -> Int? {
        let place = Int(number.rawValue) & (Self.datagramTargets - 1)
        if targets[place].number == number, targets[place].isBound, isOn(device, targets[place].responder) { return place }
        return bindDatagram(number, device: device, place: place) ? place : nil
    }

    @inline(__always)
    private func isOn(_ device: UInt32?, _ responder: Responder) -> Bool {
        device == nil || responder.entry.device.load() == device
    }

    @inline(never)
    private func bindDatagram(_ number: QueuePairNumber, device: UInt32?, place: Int) -> Bool {
        guard let peer = process.member.peer(for: number, mayWait: true),
            let responder = Responder(peer: peer, number: number, type: type), isOn(device, responder)
        else { return false }
        peers[place] = peer
        showReach(peer.reach)
        targets[place] = Target(number: number, responder: responder)
        return true
    }

    /// Puts the route header in front of the pieces: the receiver finds it in the first 40 bytes of its buffer.
    @inline(__always)
    private func frame(_ payload: GatheredPayload, _ destination: DatagramDestination) -> GatheredPayload {
        var index = payload.pieceCount
        while index > 0 {
            localPieces[index] = localPieces[index - 1]
            index &-= 1
        }
        RouteHeader.write(
            destination, payloadBytes: UInt16(truncatingIfNeeded: payload.byteCount),
            linkLayer: linkLayer, to: routeHeader)
        localPieces[0] = IOVector(
            base: unsafe UInt64(UInt(bitPattern: routeHeader.address)), length: UInt64(Self.routeHeaderBytes))
        return GatheredPayload(
            pieceCount: payload.pieceCount &+ 1, byteCount: payload.byteCount &+ UInt64(Self.routeHeaderBytes),
            // By LID alone, the room of the header means nothing.
            flags: destination.isGlobal ? .globalRouteHeader : [])
    }
}
