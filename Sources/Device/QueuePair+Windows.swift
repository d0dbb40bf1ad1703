// QueuePair+Windows.swift - requests that bind and invalidate memory windows.
//
// Owns: carrying them out, here and at the target of a message that invalidates.
// Spec: IBA vol 1, 10.6.7.2, 9.4.1.1.3; errors are memory management operation errors, which verbs call IBV_WC_MW_BIND_ERR.
// Locking: `sendLock` held; at a target, its entry lock.

import Fabric
import Platform
import Verbs

extension QueuePair {
    /// A request that concerns this process's keys alone.
    @inline(never)
    func executeOnWindow(_ request: SendRequest, _ opcode: SendOpcode) -> RequestOutcome {
        let isDone =
            opcode == .bindMemoryWindow
            ? process.windows.bind(
                request.remoteKey, kind: request.windowKind, to: request.boundRegion, request.windowBinding, on: self)
            : process.windows.invalidate(MemoryKey(rawValue: request.immediate), by: self)
        return .done(isDone ? .success : .memoryWindowBindError)
    }

    /// Whether a message may take the binding of a target's window away. The target's lock keeps everyone else who may use the
    /// window outside; what its owner knows of the window is read from the key.
    @inline(never)
    func mayInvalidate(_ key: MemoryKey, _ responder: Responder) -> Bool {
        guard let entry = responder.view.key(key), key.index != 0, entry.key.acquire() == key.rawValue else { return false }
        let word = entry.window.load()
        guard let kind = MemoryWindowKind(rawValue: UInt8(truncatingIfNeeded: word)) else { return false }
        let number = QueuePairNumber(rawValue: responder.entry.number.load())
        let facts = MemoryWindowRules.Window(
            kind: kind, protectionDomain: ProtectionDomainNumber(rawValue: entry.protectionDomain.load()), isBound: true,
            queuePair: QueuePairNumber(rawValue: word >> 8))
        return MemoryWindowRules.allowsInvalidate(facts, queuePair: number, protectionDomain: responder.protectionDomain)
    }

    /// The message is in place: its completion must find the window gone.
    @inline(never)
    func invalidate(_ key: MemoryKey, _ responder: Responder) { responder.view.key(key)?.key.exchange(0) }
}
