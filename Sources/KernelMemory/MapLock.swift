// MapLock.swift - how an actor holds its address space's map lock (Linux: mmap_lock).

/// How an actor holds its address space's map lock (Linux: mmap_lock).
public enum MapLock: Int, Sendable {
    case none = 0
    case readByFault
    case write
    case readByPin
    case readByAdvice
}
