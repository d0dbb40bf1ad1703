// ForbiddenCalls.swift - what posting and polling must not do.

/// Calls that allocate, count references, check exclusivity, initialize lazily, look up types, or take a lock.
enum ForbiddenCalls {
    static let names: Set<String> = [
        "swift_retain", "swift_release", "swift_retain_n", "swift_release_n", "swift_bridgeObjectRetain",
        "swift_bridgeObjectRelease", "swift_unknownObjectRetain", "swift_unknownObjectRelease", "swift_allocObject",
        "swift_deallocObject", "swift_slowAlloc", "swift_slowDealloc", "swift_beginAccess", "swift_endAccess", "swift_once",
        "swift_allocError", "swift_dynamicCast", "swift_getGenericMetadata", "swift_getWitnessTable",
        "swift_getTypeByMangledNameInContext", "malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc",
        "pthread_mutex_lock", "pthread_mutex_unlock", "pthread_cond_wait", "pthread_rwlock_rdlock",
        CallGraph.indirect,
    ]

    static func contains(_ symbol: String) -> Bool { names.contains(symbol) }
}
