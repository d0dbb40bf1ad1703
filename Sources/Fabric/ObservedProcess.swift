// ObservedProcess.swift - one process on a fabric, as others see it.

/// A process on a fabric.
public struct ObservedProcess: Sendable {
    public let fabric: String
    /// 0 when it lives in a PID namespace that cannot be seen from here.
    public let pid: Int32
    /// The program's short name; nil if the process has just ended.
    public let name: String?
    /// What it has made; nil if that cannot be seen, and then `trouble` says why.
    public let objects: ObservedObjects?
    public let trouble: String?
}
