// MemoryAdvice.swift - what a program says about memory that it will use.
//
// C: enum ib_uverbs_advise_mr_advice, same raw values.

/// What a program says about memory that it will use.
public enum MemoryAdvice: UInt32, Sendable, CaseIterable {
    /// It will be read.
    case prefetch = 0
    /// It will be written.
    case prefetchForWriting = 1
    /// It will be read; pages that are not there need not come.
    case prefetchWithoutFault = 2
}
