// Machine+BusQueue.swift - the queue of messages that wait at a peer of the bus.
//
// Owns: its cells. Does not: charge for messages, nor give anything back.
// Counterpart: bus1's queue.c (2016 to 2017, never merged), whose queues have no bound of their own: quotas bound them.

extension Machine {
    /// Adds a message to a queue; false if the model has no room for it, which a real queue always has.
    func append(_ message: BusMessage, to peer: Int, _ state: inout KernelState) -> Bool {
        let place = state[bus(.queued, peer)]
        guard place < BusField.queueLength else {
            state[.global(.outOfFrames)] = 1
            return false
        }
        put(message, at: place, of: peer, &state)
        state[bus(.queued, peer)] = place + 1
        return true
    }

    private func put(_ message: BusMessage?, at place: Int, of peer: Int, _ state: inout KernelState) {
        let index = peer * BusField.queueLength + place
        state[bus(.queueSender, index)] = message?.code ?? 0
        state[bus(.queueBytes, index)] = message?.bytes ?? 0
        state[bus(.queueDescriptors, index)] = message?.descriptors ?? 0
    }

    func message(at place: Int, of peer: Int, _ state: borrowing KernelState) -> BusMessage {
        let index = peer * BusField.queueLength + place
        return BusMessage(
            code: state[bus(.queueSender, index)], bytes: state[bus(.queueBytes, index)], descriptors: state[bus(.queueDescriptors, index)])
    }

    /// Takes the first message out of a queue that has one.
    func takeFirst(of peer: Int, _ state: inout KernelState) -> BusMessage {
        let first = message(at: 0, of: peer, state)
        let queued = state[bus(.queued, peer)]
        for place in 1..<queued { put(message(at: place, of: peer, state), at: place - 1, of: peer, &state) }
        put(nil, at: queued - 1, of: peer, &state)
        state[bus(.queued, peer)] = queued - 1
        return first
    }
}
