// QueuePairAttributeRules.swift - which values a modify may set.
//
// Owns: the ranges. Does not: decide which attributes belong to a change of state (`QueuePairTransitions`).
// Spec: IBA vol 1, 11.2.5.2.   C: ibv_modify_qp(3).
// A modify is: transitions checked, values checked, then applied (`+Apply`). Nothing changes unless both checks pass.

/// Which values a modify may set.
public enum QueuePairAttributeRules {
    /// The rights that a queue pair can hold. Window binding and the optional hints are accepted and mean nothing here.
    public static let knownAccessFlags: AccessFlags = [
        .localWrite, .remoteWrite, .remoteRead, .remoteAtomic, .memoryWindowBind, .optionalRange,
    ]

    /// Checks every value that the mask names; what it does not name is not looked at.
    ///
    /// Packet sequence numbers and queue pair numbers are never refused: their upper bits are ignored, as devices do.
    /// - Parameter current: what the queue pair has now.
    /// - Throws: EINVAL.
    public static func check(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, type: QueuePairType,
        current: QueuePairAttributes, limits: DeviceLimits, linkLayer: LinkLayer
    ) throws(VerbsErrno) {
        let valid =
            isStateValid(attributes, mask: mask, current: current)
            && isPortValid(attributes, mask: mask, limits: limits)
            && isPathValid(attributes, mask: mask, type: type, limits: limits, linkLayer: linkLayer)
            && isReliabilityValid(attributes, mask: mask, limits: limits)
            && (!mask.contains(.accessFlags) || attributes.accessFlags.isSubset(of: knownAccessFlags))
        guard valid else { throw .invalidArgument }
    }

    /// Checks a path: its port, its source GID and, on Ethernet, that it has a global route.
    /// Also the rule for creating an address handle.
    /// - Throws: EINVAL.
    public static func check(
        _ vector: AddressVector, limits: DeviceLimits, linkLayer: LinkLayer
    ) throws(VerbsErrno) {
        guard isVectorValid(vector, limits: limits, linkLayer: linkLayer) else { throw .invalidArgument }
    }

    private static func isStateValid(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, current: QueuePairAttributes
    ) -> Bool {
        // The state that the caller believes in must be the state that is: a queue pair that has moved to an error
        // state meanwhile is told apart by this.
        !mask.contains(.currentState) || attributes.currentState == current.state
    }

    private static func isPortValid(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, limits: DeviceLimits
    ) -> Bool {
        if mask.contains(.port), !isPort(attributes.port, limits: limits) { return false }
        if mask.contains(.partitionKeyIndex), attributes.partitionKeyIndex >= limits.partitionKeyTableLength {
            return false
        }
        return true
    }

    private static func isPathValid(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, type: QueuePairType, limits: DeviceLimits,
        linkLayer: LinkLayer
    ) -> Bool {
        if mask.contains(.pathMTU), attributes.pathMTU < 1 || attributes.pathMTU > limits.activeMTU { return false }
        if mask.contains(.pathMigrationState), attributes.pathMigrationState > 2 { return false }
        if mask.contains(.addressVector) {
            let vector = attributes.addressVector
            guard type.isConnected, isVectorValid(vector, limits: limits, linkLayer: linkLayer) else { return false }
        }
        if mask.contains(.alternatePath) {
            let vector = attributes.alternateAddressVector
            return isVectorValid(vector, limits: limits, linkLayer: linkLayer)
                && isPort(attributes.alternatePort, limits: limits)
                && attributes.alternatePartitionKeyIndex < limits.partitionKeyTableLength
                && attributes.alternateTimeout <= AttributeWidth.timer
        }
        return true
    }

    private static func isReliabilityValid(
        _ attributes: QueuePairAttributes, mask: QueuePairAttributeMask, limits: DeviceLimits
    ) -> Bool {
        if mask.contains(.timeout), attributes.timeout > AttributeWidth.timer { return false }
        if mask.contains(.minReceiverNotReadyTimer), attributes.minReceiverNotReadyTimer > AttributeWidth.timer {
            return false
        }
        if mask.contains(.retryCount), attributes.retryCount > AttributeWidth.counter { return false }
        if mask.contains(.receiverNotReadyRetry), attributes.receiverNotReadyRetry > AttributeWidth.counter {
            return false
        }
        if mask.contains(.maxInitiatorDepth), attributes.maxInitiatorDepth > limits.maxReadAtomicPerQueuePair {
            return false
        }
        if mask.contains(.maxResponderResources), attributes.maxResponderResources > limits.maxReadAtomicPerQueuePair {
            return false
        }
        return true
    }

    private static func isVectorValid(_ vector: AddressVector, limits: DeviceLimits, linkLayer: LinkLayer) -> Bool {
        guard isPort(vector.portNumber, limits: limits) else { return false }
        // IBA annexes A16, A17: RoCE packets always carry a global route; there is no LID to fall back on.
        guard vector.isGlobal || linkLayer == .infiniBand else { return false }
        return !vector.isGlobal || vector.sourceGIDIndex < limits.gidTableLength
    }

    private static func isPort(_ port: UInt8, limits: DeviceLimits) -> Bool { port >= 1 && port <= limits.portCount }

    /// The largest values of the bit fields that carry attributes.
    private enum AttributeWidth {
        /// 5 bits.
        static let timer: UInt8 = 31
        /// 3 bits.
        static let counter: UInt8 = 7
    }
}
