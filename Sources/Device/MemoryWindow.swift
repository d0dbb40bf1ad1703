// MemoryWindow.swift - a memory window of this process.
//
// Owns: its key's index, and what it is bound to. Does not: decide (MemoryWindowRules), or write the key (KeyTable).
// Spec: IBA vol 1, 10.6.7.   C: struct ibv_mw; ibv_alloc_mw(3), ibv_bind_mw(3).
// Locking: the process's `MemoryWindowTable`.

import Verbs

/// A memory window.
public final class MemoryWindow: @unchecked Sendable {
    public let domain: ProtectionDomain
    public let kind: MemoryWindowKind
    /// The key of the last binding; before the first, one that stands for nothing.
    private(set) var key: MemoryKey
    /// The region of the last binding.
    private(set) var region: MemoryKey?
    private(set) var queuePair: QueuePairNumber?

    /// ENOMEM when there are as many as the device has, or no key is left.
    init(domain: ProtectionDomain, kind: MemoryWindowKind) throws(VerbsErrno) {
        let process = domain.process
        guard process.windows.reserve(limit: domain.context.limits.maxMemoryWindows) else { throw .noMemory }
        guard let key = process.keys.reserve() else {
            process.windows.unreserve()
            throw .noMemory
        }
        self.domain = domain
        self.kind = kind
        self.key = key
        process.windows.insert(self, key)
        domain.addDependent()
    }

    /// The remote key that peers are told.
    public var remoteKey: MemoryKey { domain.process.windows.key(of: self) }

    /// Ends the window, bound or not. When this returns nobody acts under its key any more.
    public func deallocate() {
        domain.process.windows.remove(self, domain.process)
        domain.removeDependent()
    }

    /// Under the table's lock.
    func setBinding(key: MemoryKey, region: MemoryKey?, queuePair: QueuePairNumber?) {
        self.key = key
        self.region = region
        self.queuePair = queuePair
    }
}

extension ProtectionDomain {
    public func allocateMemoryWindow(_ kind: MemoryWindowKind) throws(VerbsErrno) -> MemoryWindow {
        try MemoryWindow(domain: self, kind: kind)
    }
}
