// MemoryWindowRules.swift - whether a memory window may be bound, and whether it may be invalidated.
//
// Owns: the decisions. Does not: hold windows, write keys, or wait for accesses under way.
// Spec: IBA vol 1, 10.6.7.2 (C10-71 to C10-75, o10-37.2), 9.4.1.1.3 (invalidate).

/// The rules of memory windows.
public enum MemoryWindowRules {
    /// Rights that a window may give away.
    public static let grantable: AccessFlags = [.remoteRead, .remoteWrite, .remoteAtomic, .zeroBased]

    /// What is known of a window when it is asked for something.
    public struct Window: Equatable, Sendable {
        public var kind: MemoryWindowKind
        public var protectionDomain: ProtectionDomainNumber
        public var isBound: Bool
        /// Type 2, bound: the queue pair it was bound on.
        public var queuePair: QueuePairNumber?

        public init(
            kind: MemoryWindowKind, protectionDomain: ProtectionDomainNumber, isBound: Bool, queuePair: QueuePairNumber? = nil
        ) {
            self.kind = kind
            self.protectionDomain = protectionDomain
            self.isBound = isBound
            self.queuePair = queuePair
        }
    }

    /// Whether a window may be bound so. What may not completes with `CompletionStatus.memoryWindowBindError`.
    ///
    /// - Parameters:
    ///   - region: `RegionDescriptor.absent` if the region's key names none.
    ///   - protectionDomain: of the queue pair that carries the bind.
    public static func allowsBind(
        _ window: Window, to region: RegionDescriptor, _ binding: MemoryWindowBinding,
        protectionDomain: ProtectionDomainNumber
    ) -> Bool {
        guard window.protectionDomain == protectionDomain, binding.access.isSubset(of: grantable) else { return false }
        switch window.kind {
        case .type1:
            if binding.length == 0 { return true }
            // Only a type 2 window is addressed from 0.
            if binding.access.contains(.zeroBased) { return false }
        case .type2:
            guard !window.isBound, binding.length > 0 else { return false }
        }
        guard region.key.rawValue != 0, region.protectionDomain == protectionDomain,
            region.access.contains(.memoryWindowBind), region.access.isDisjoint(with: [.zeroBased, .window])
        else { return false }
        let writes = !binding.access.isDisjoint(with: [.remoteWrite, .remoteAtomic])
        guard !writes || region.access.contains(.localWrite) else { return false }
        return binding.start >= region.start && binding.length <= region.length
            && binding.start - region.start <= region.length - binding.length
    }

    /// Whether a work request of a queue pair, or a message to it, may invalidate a window.
    public static func allowsInvalidate(
        _ window: Window, queuePair: QueuePairNumber, protectionDomain: ProtectionDomainNumber
    ) -> Bool {
        window.kind == .type2 && window.isBound && window.queuePair == queuePair
            && window.protectionDomain == protectionDomain
    }
}
