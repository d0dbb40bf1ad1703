// Operation.swift - one operation of an actor's program, as compiled from a scenario.
//
// Owns: the kinds and their operands. Does not: run them (Machine+… does, one file per family).

/// One operation of an actor's program.
public struct Operation: Hashable, Sendable {
    public var kind: OperationKind
    public var process: ProcessID
    public var page: PageNumber = PageNumber(0)
    public var pageCount: Int = 1
    /// A value to write, a page index in a region, a mark, a second page: by kind.
    public var argument: Int = 0
    /// A second operand: by kind.
    public var second: Int = 0
    public var region: RegionID = RegionID(0)
    /// reregister with other memory: the region that changes, while `region` holds what it will get, then what it had.
    public var original: RegionID = RegionID(0)
    public var flags: OperationFlags = []
    /// send: how many file descriptors the message carries.
    public var descriptors: UInt8 = 0
    /// Where the outcome is recorded.
    public var result: VariableID?

    public init(_ kind: OperationKind, process: ProcessID) {
        self.kind = kind
        self.process = process
    }
}
