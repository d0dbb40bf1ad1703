// SendRequest+Window.swift - how a bind travels in a send request.
//
// Owns: which fields carry what: the new key stands where a remote key does, the region's key where immediate data does.
// C: the bind_mw member of struct ibv_send_wr; struct ibv_mw_bind.

import Verbs

extension SendRequest {
    /// A bind.
    public mutating func setBind(
        _ kind: MemoryWindowKind, newKey: MemoryKey, region: MemoryKey, _ binding: MemoryWindowBinding
    ) {
        remoteKey = newKey
        immediate = region.rawValue
        remoteAddress = binding.start
        compareAdd = binding.length
        swap = UInt64(binding.access.rawValue)
        remoteQueueKey = UInt32(kind.rawValue)
    }

    var windowKind: MemoryWindowKind { MemoryWindowKind(rawValue: UInt8(truncatingIfNeeded: remoteQueueKey)) ?? .type2 }
    var boundRegion: MemoryKey { MemoryKey(rawValue: immediate) }
    var windowBinding: MemoryWindowBinding {
        MemoryWindowBinding(start: remoteAddress, length: compareAdd, access: AccessFlags(rawValue: UInt32(truncatingIfNeeded: swap)))
    }
}
