// DeviceMemoryAccount.swift - how much device memory this process holds.
//
// Owns: the count. Does not: know the limit (Verbs). Locking: its own, a leaf.

import Fabric
import Verbs

/// How much device memory this process holds.
final class DeviceMemoryAccount: @unchecked Sendable {
    private let lock = PrivateLock()
    private var inUse: UInt64 = 0

    func take(_ byteCount: UInt64, alignmentShift: UInt32, limits: DeviceLimits) throws(VerbsErrno) {
        try lock.withLock { () throws(VerbsErrno) in
            try CreationRules.checkDeviceMemory(
                byteCount: byteCount, alignmentShift: alignmentShift, inUse: inUse, limits: limits)
            inUse += byteCount
        }
    }

    func giveBack(_ byteCount: UInt64) { lock.withLock { inUse -= byteCount } }
}
