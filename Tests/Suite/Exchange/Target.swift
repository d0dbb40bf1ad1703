// Target.swift - the target of an exchange as the initiator's process drives it.

/// The target of an exchange as the initiator's process drives it.
protocol Target: AnyObject {
    func make(_ plan: TargetPlan) throws -> TargetOffer
    func connect(to initiator: UInt32) throws
    func report(expecting count: Int) throws -> TargetReport
    func end() throws
}
