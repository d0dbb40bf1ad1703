// Misuse.swift - stops a program that made a mistake which the compiler could not see, and says which.
//
// Why not `precondition`: optimized programs drop its words. Cold: nothing here runs in a program without the mistake.

/// The mistakes that stop a program.
enum Misuse {
    @inline(never)
    static func stop(_ mistake: StaticString) -> Never { fatalError("RDMA: \(mistake)") }

    @inline(never)
    static func outside(_ offset: Int, _ count: Int, of object: StaticString, _ byteCount: Int) -> Never {
        fatalError("RDMA: \(count) bytes at \(offset) lie outside a \(object) of \(byteCount) bytes")
    }

    @inline(never)
    static func misaligned(_ offset: Int, _ size: Int) -> Never {
        fatalError("RDMA: a word of \(size) bytes cannot be at \(offset): its place is a multiple of its size")
    }
}
