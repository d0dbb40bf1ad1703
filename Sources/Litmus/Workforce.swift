// Workforce.swift - who carries out the parts of an exploration that can run at the same time.
//
// This module starts no thread: whoever wants several cores used brings the means.

/// Who carries out parts that can run at the same time.
public struct Workforce: Sendable {
    /// How many parts can run at once.
    public let count: Int
    private let perform: @Sendable (_ count: Int, _ part: @Sendable (Int) -> Void) -> Void

    /// - Parameter perform: carries out `part` for each number below `count`, at the same time or not, and returns when all are done.
    public init(count: Int, perform: @escaping @Sendable (_ count: Int, _ part: @Sendable (Int) -> Void) -> Void) {
        self.count = max(1, min(count, 64))
        self.perform = perform
    }

    /// The caller's own thread.
    public static let alone = Workforce(count: 1) { count, part in for index in 0..<count { part(index) } }

    func each(_ parts: Int, _ part: @Sendable (Int) -> Void) {
        if parts == 1 { part(0) } else { perform(parts, part) }
    }
}
