// MemoryWindowTable.swift - the memory windows of this process, by the index of their key.
//
// Owns: which windows there are, and binding and invalidating them. Whether a window is bound at this moment is told by its key in
// the segment, which a peer's message may have invalidated.
// Locking: `lock`; it is taken inside a queue pair's `sendLock` and before the key table's.

import Fabric
import Verbs

/// This process's memory windows.
final class MemoryWindowTable: @unchecked Sendable {
    private let lock = PrivateLock()
    private var windows: [UInt32: MemoryWindow] = [:]
    private var count: UInt32 = 0

    func reserve(limit: UInt32) -> Bool {
        lock.withLock {
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func unreserve() { lock.withLock { count -= 1 } }

    func insert(_ window: MemoryWindow, _ key: MemoryKey) { lock.withLock { windows[key.index] = window } }

    func key(of window: MemoryWindow) -> MemoryKey { lock.withLock { window.key } }

    func remove(_ window: MemoryWindow, _ process: DeviceProcess) {
        lock.withLock {
            withdraw(window, process)
            windows[window.key.index] = nil
            process.keys.release(window.key)
            count -= 1
        }
    }

    /// Whether some window is bound to a region.
    func hasWindow(boundTo region: MemoryKey, _ process: DeviceProcess) -> Bool {
        lock.withLock { windows.values.contains { $0.region == region && isBound($0, process) } }
    }

    /// A queue pair goes: its windows are nobody's any more.
    func invalidate(boundOn queuePair: QueuePairNumber, _ process: DeviceProcess) {
        lock.withLock {
            for window in windows.values where window.queuePair == queuePair { withdraw(window, process) }
        }
    }

    /// A region has ended with its memory: so have the windows on it. Who acts under them may still be acting.
    func expire(boundTo region: MemoryKey, _ process: DeviceProcess) {
        lock.withLock {
            for window in windows.values where window.region == region {
                _ = process.keys.expire(window.key)
                window.setBinding(key: window.key, region: nil, queuePair: nil)
            }
        }
    }

    /// Binds the window that the new key's index names; false where the rules refuse.
    /// - Parameters:
    ///   - kind: of the window, by the way the bind was asked for.
    ///   - region: the key of the region; key 0 for none.
    func bind(
        _ key: MemoryKey, kind: MemoryWindowKind, to region: MemoryKey, _ binding: MemoryWindowBinding, on queuePair: QueuePair
    ) -> Bool {
        lock.withLock {
            let process = queuePair.process
            guard let window = windows[key.index], window.kind == kind else { return false }
            let entry = region.index == 0 ? nil : process.view.key(region)
            var descriptor = entry?.descriptor ?? .absent
            if descriptor.key != region { descriptor = .absent }
            guard
                MemoryWindowRules.allowsBind(
                    facts(window, process), to: descriptor, binding, protectionDomain: queuePair.domain.number)
            else { return false }
            withdraw(window, process)
            let owner = kind == .type2 ? queuePair.number : nil
            window.setBinding(key: key, region: binding.length == 0 ? nil : region, queuePair: owner)
            if binding.length > 0 { process.keys.publish(window: key, kind: kind, over: region, binding, queuePair: owner) }
            return true
        }
    }

    /// Invalidates a window by request of its own queue pair; false where the rules refuse.
    func invalidate(_ key: MemoryKey, by queuePair: QueuePair) -> Bool {
        lock.withLock {
            guard let window = windows[key.index], window.key == key,
                MemoryWindowRules.allowsInvalidate(
                    facts(window, queuePair.process), queuePair: queuePair.number, protectionDomain: queuePair.domain.number)
            else { return false }
            withdraw(window, queuePair.process)
            return true
        }
    }

    private func facts(_ window: MemoryWindow, _ process: DeviceProcess) -> MemoryWindowRules.Window {
        MemoryWindowRules.Window(
            kind: window.kind, protectionDomain: window.domain.number, isBound: isBound(window, process),
            queuePair: window.queuePair)
    }

    private func isBound(_ window: MemoryWindow, _ process: DeviceProcess) -> Bool {
        process.view.key(window.key)?.key.acquire() == window.key.rawValue
    }

    /// Takes the binding away, and waits until nobody acts under it.
    private func withdraw(_ window: MemoryWindow, _ process: DeviceProcess) {
        if isBound(window, process), process.keys.invalidate(window.key) { process.waitForPosters() }
        window.setBinding(key: window.key, region: nil, queuePair: nil)
    }
}
