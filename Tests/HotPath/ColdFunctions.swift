// ColdFunctions.swift - functions that posting and polling call only when something is out of the ordinary.

/// The walk through the built code stops at these: each is entered only for the reason given.
enum ColdFunctions {
    /// Functions as "Type.name", and when each is entered.
    static let reasons: [String: String] = [
        "SharedLock.acquireContended": "another process holds the lock",
        "SharedLock.acquireOwnContended": "another process holds the lock",
        "QueuePair.bindConnected": "the first request of a connection",
        "QueuePair.bindDatagram": "the first datagram to a queue pair",
        "QueuePair.executeMulticast": "the datagram is for a group, whose members are looked up",
        "QueuePair.bindExtended": "the first request to a shared receive queue of an extended connection",
        "CompletionQueue.consumeExtended": "a receive of an extended connection, which counts one reference",
        "QueuePair.bindShared": "the first request to memory that both sides map",
        "QueuePair.forgetTargets": "the target has begun a new life",
        "QueuePair.transferSlowly": "the kernel moved less than asked",
        "SegmentHeader.awaitMappingChanges": "the target's registrations end with their memory",
        "QueuePair.readsShared": "the target was forked, or has forked",
        "QueuePair.transferByAgent": "the kernel refuses us the target's memory",
        "QueuePair.atomicByAgent": "the kernel refuses us the target's memory",
        "QueuePair.isRefused": "the kernel did not move a word",
        "QueuePair.enterState": "a request completes in error",
        "QueuePair.flushAfter": "a request completes in error",
        "QueuePair.raise": "a fault raises an event at the target",
        "QueuePair.raiseQueueError": "a completion queue overran",
        "QueuePair.wait": "the target is not ready, or others wait already",
        "QueuePair.attemptFailed": "the target is not ready",
        "QueuePair.limitReached": "a shared receive queue fell below its armed limit",
        "CompletionQueue.signalOwn": "the owner of a completion queue asked for an event",
        "CompletionQueue.requestModerated": "the queue's events are held back",
        "QueuePair.signalCompletion": "the owner of a completion queue asked for an event",
        "ReceiveShadows.resolveAgain": "a key was withdrawn since the receive was posted",
        "QueuePair.executeOnWindow": "the request binds or invalidates a memory window",
        "QueuePair.mayInvalidate": "the message takes a window of its target away",
        "QueuePair.invalidate": "the message takes a window of its target away",
        "HeldFrames.copy": "one side of a copy is held frames",
        "Peer.signal": "the target asked for an event",
        "DeviceProcess.makeProgress": "requests of this process wait",
    ]

    /// The same for the functions that only the Swift library has.
    static let swiftReasons: [String: String] = [
        "QueuePair.refuseSend": "a post was refused",
        "QueuePair.refuseReceive": "a post was refused",
        "QueuePair.refuseTooLong": "a post was refused",
        "QueuePair.refuseWithoutAddress": "a post was refused",
        "RDMAError.throwWorkFailed": "a request failed",
        "Misuse.stop": "the program made a mistake, and ends",
        "Misuse.outside": "the program made a mistake, and ends",
        "Misuse.misaligned": "the program made a mistake, and ends",
    ]

    /// Whether a demangled name is one of them; a private function's name stands in parentheses.
    static func contains(_ demangled: String) -> Bool {
        reasons.keys.contains { names($0, demangled) } || swiftReasons.keys.contains { names($0, demangled) }
    }

    static func names(_ cold: String, _ demangled: String) -> Bool {
        let parts = cold.split(separator: ".")
        return demangled.contains(".\(parts[0]).\(parts[1])(")
            || demangled.contains(".\(parts[0]).(\(parts[1]) in ")
    }
}
