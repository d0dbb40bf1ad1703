// Program.swift - what every actor of a scenario does.
//
// Owns: the operations, actor by actor. Does not: hold any state.

/// What every actor of a scenario does.
public struct Program: Sendable {
    /// One actor's part.
    public struct Part: Sendable {
        public var process: ProcessID
        /// The actor acts only while its process lives (false for devices and the kernel's own work).
        public var needsProcess: Bool
        public var operations: [Operation]

        public init(process: ProcessID, needsProcess: Bool, operations: [Operation]) {
            self.process = process
            self.needsProcess = needsProcess
            self.operations = operations
        }
    }

    public var parts: [Part]

    public init(parts: [Part]) { self.parts = parts }
}
