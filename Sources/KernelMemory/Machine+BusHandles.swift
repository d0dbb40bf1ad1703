// Machine+BusHandles.swift - handles of the message bus: the right to send to a node.
//
// Owns: who holds a handle of which node; its transfer when a message is sent. A handle ends with its holder's release or with its node, never
// by the will of whoever passed it on. Does not: charge for handles (Machine+Bus does, as for the other resources).
// Counterpart: bus1's handle.c (2016 to 2017, never merged).

extension Machine {
    /// True if the sender holds handles of the target's living node and of the node that it passes on.
    func reaches(_ operation: Operation, _ state: borrowing KernelState) -> Bool {
        let own = 1 << operation.page.index
        guard state[bus(.destroyed, operation.argument)] == 0 else { return false }
        guard state[bus(.held, operation.argument)] & own != 0 || !rules.has(.guardBusNeedsHandle) else { return false }
        guard operation.flags.contains(.passesHandle) else { return true }
        return state[bus(.held, operation.pageCount)] & own != 0
    }

    /// The receiver has the handle from the moment of sending; one that it had already costs it nothing, nor does one in a reply that is
    /// paid for. A node that ended while the message was being paid for is not told of again: its handle arrives dead, as none.
    func giveHandle(of node: Int, to peer: Int, _ message: BusMessage, _ state: inout KernelState) {
        let account = account(message, at: peer, state)
        let isFree = message.isPaidReply || account.peer != peer
        if state[bus(.destroyed, node)] == 1, rules.has(.guardBusLateHandleIsDead) {
            if !isFree { creditHandle(peer, &state) }
        } else if state[bus(.held, node)] & 1 << peer != 0 {
            if !isFree { creditHandle(peer, &state) }
        } else {
            state[bus(.held, node)] |= 1 << peer
            if !isFree { state[bus(.handleCharged, node)] |= 1 << peer }
        }
    }

    /// A holder lets go of its handle of the node of peer `argument`.
    func dropHandle(_ call: Call, _ state: inout KernelState) -> Bool {
        let (own, node) = (call.operation.page.index, call.operation.argument)
        guard state[bus(.held, node)] & 1 << own != 0 else { return finish(call, &state, .noSuchNode) }
        letGo(own, of: node, &state)
        return finish(call, &state)
    }

    func letGo(_ own: Int, of node: Int, _ state: inout KernelState) {
        state[bus(.held, node)] &= ~(1 << own)
        guard state[bus(.handleCharged, node)] & 1 << own != 0 else { return }
        state[bus(.handleCharged, node)] &= ~(1 << own)
        creditHandle(own, &state)
    }

    private func creditHandle(_ own: Int, _ state: inout KernelState) {
        creditAll(BusAccount(user: state[bus(.user, own)], peer: own, actor: 0), .handles, 1, &state)
    }
}
