// RemotePlace.swift - what a copy names at its target.

import Verbs

/// What a copy names at its target, so that the target's agent can check it by the target's own tables.
enum RemotePlace {
    /// From an address on, in the region of a key.
    case region(key: MemoryKey, address: UInt64)
    /// The buffers of a receive: its position, or its slot in a shared queue.
    case receive(position: UInt32, isShared: Bool)
}
