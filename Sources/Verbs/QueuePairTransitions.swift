// QueuePairTransitions.swift - which changes of state a queue pair allows, and which attributes each one takes.
//
// Owns: the decision. Does not: look at values (`QueuePairAttributeRules`), keep the state.
// The table itself is in `QueuePairTransitions+Table.swift`.
// Spec: IBA vol 1, 10.3.1 (states), 11.2.5.2 (attributes).   C: ibv_modify_qp(3).
//
//   RESET → INIT → RTR → RTS ⇄ SQD        RTS ⇢ SQE → RTS (UC and UD; entered by a failed send request)
//   any state → RESET, any state → ERR

/// The state machine of queue pairs.
public enum QueuePairTransitions {
    /// Checks that one modify may be made.
    ///
    /// A mask without `.state` asks to stay in the same state, so `from` and `to` must then be equal.
    /// The table is the same on both link layers; what RoCE demands beyond it is a value, not an attribute: a global
    /// route in the address vector, which `QueuePairAttributeRules` checks.
    /// - Throws: EINVAL for an illegal transition, a missing attribute, or one that does not belong to it.
    public static func check(
        from: QueuePairState, to: QueuePairState, type: QueuePairType, mask: QueuePairAttributeMask,
        linkLayer: LinkLayer
    ) throws(VerbsErrno) {
        guard mask.contains(.state) || from == to, let row = transition(from: from, to: to, type: type) else {
            throw .invalidArgument
        }
        let named = mask.subtracting(.state)
        guard named.isSuperset(of: row.required), named.isSubset(of: row.required.union(row.optional)) else {
            throw .invalidArgument
        }
    }

    /// IBA 10.3.1.5: attributes may be changed in SQD only once the send queue has come to rest.
    /// - Throws: EINVAL.
    public static func checkDraining(
        from: QueuePairState, to: QueuePairState, isDraining: Bool
    ) throws(VerbsErrno) {
        if isDraining, from == .sendQueueDrained, to == .sendQueueDrained { throw .invalidArgument }
    }

    /// What of a mask is meant for this type: the halves of an extended connection are given the attributes of both by
    /// programs that know only whole connections, and the kernel takes what is the other half's out before it looks.
    public static func meant(_ mask: QueuePairAttributeMask, for type: QueuePairType) -> QueuePairAttributeMask {
        switch type {
        case .xrcInitiator: mask.subtracting([.maxResponderResources, .minReceiverNotReadyTimer])
        case .xrcTarget: mask.subtracting([.maxInitiatorDepth, .retryCount, .receiverNotReadyRetry])
        case .reliableConnection, .unreliableConnection, .unreliableDatagram: mask
        }
    }

    /// The table's row for one change of state; nil where it is illegal.
    public static func transition(
        from: QueuePairState, to: QueuePairState, type: QueuePairType
    ) -> QueuePairTransition? {
        for row in transitions where row.from == from && row.to == to && row.type == type { return row }
        return nil
    }
}
