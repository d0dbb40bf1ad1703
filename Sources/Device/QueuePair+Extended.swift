// QueuePair+Extended.swift - extended reliable connections: one connection, many shared receive queues behind it.
//
// Owns: finding the shared receive queue that a request names, in whichever process it lives, and what an unknown or
// foreign one does. Does not: execute the request (as for any connection, with that queue's memory and keys).
// Spec: IBA vol 1, annex A14.
// Locking: `sendLock` held.

import Fabric
import Verbs

extension QueuePair {
    /// Where the connected responder stands among the targets; an initiator's named queues stand behind it.
    static var connectionPlace: Int { 0 }

    func executeExtended(_ request: SendRequest, _ opcode: SendOpcode, _ payload: GatheredPayload) -> RequestOutcome {
        guard let connection = connectedTarget() else { return .noResponder }
        let place = extendedPlace(request.remoteSharedReceiveQueue)
        if targets[place].isBound, targets[place].number.rawValue == request.remoteSharedReceiveQueue.rawValue {
            return perform(request, opcode, payload, on: place)
        }
        if let fault = bindExtended(request.remoteSharedReceiveQueue, place: place) {
            return enter(connection) == nil ? .noResponder : fail(fault, connection, nil)
        }
        return perform(request, opcode, payload, on: place)
    }

    /// Where a named queue is remembered once it is bound.
    func extendedPlace(_ number: SharedReceiveQueueNumber) -> Int {
        1 + Int(number.rawValue) % Self.datagramTargets
    }

    @inline(never)
    private func bindExtended(_ number: SharedReceiveQueueNumber, place: Int) -> ResponderFault? {
        let target = responder(at: Self.connectionPlace)
        // Numbers of both kinds of queue come from the same blocks.
        let block = QueuePairNumber(rawValue: number.rawValue)
        guard let peer = process.member.peer(for: block, mayWait: true),
            let receiver = ExtendedReceiver(peer: peer, number: number)
        else { return .unknownSharedReceiveQueue }
        guard receiver.domain == target.entry.xrcDomain.identity, !receiver.domain.isNone else {
            return .foreignSharedReceiveQueue
        }
        peers[place] = peer
        targets[place] = Target(number: block, responder: Responder(target, deliveringTo: receiver))
        return nil
    }
}
