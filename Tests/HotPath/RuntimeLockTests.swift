// RuntimeLockTests.swift - the locks of the Swift runtime go by the fork gate, by the code as built.

import Testing

@Suite struct RuntimeLockTests {
    private static let once = "_ZN5swift14threading_impl9once_slowERNS0_6once_tEPFvPvES3_"
    /// What the linker sends to our functions, as it is called, and ours.
    private static let replaced = [
        "pthread_mutex_lock@plt": "__wrap_pthread_mutex_lock", "pthread_mutex_unlock@plt": "__wrap_pthread_mutex_unlock",
        "pthread_cond_wait@plt": "__wrap_pthread_cond_wait", once: "__wrap_" + once,
    ]
    /// Locks for which there is no gate: a later runtime may use them, and must not go unnoticed.
    private static let ungated = [
        "pthread_mutex_trylock@plt", "pthread_rwlock_wrlock@plt", "pthread_rwlock_rdlock@plt", "pthread_once@plt",
        "pthread_cond_timedwait@plt",
    ]

    @Test func everyLockGoesByTheGate() throws {
        let callers = try ReleaseLibrary().callers(of: Array(Self.replaced.keys) + Array(Self.replaced.values) + Self.ungated)
        for (function, gate) in Self.replaced {
            #expect(callers[gate]?.isEmpty == false, "nothing calls \(gate)")
            #expect(callers[function, default: []].isSubset(of: [gate]), "\(function)")
        }
        for function in Self.ungated { #expect(callers[function] == nil, "\(function)") }
    }
}
