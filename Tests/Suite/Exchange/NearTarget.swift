// NearTarget.swift - a target in the initiator's own process.

/// A target in the initiator's own process.
final class NearTarget: Target {
    private let device: Device
    private var side: TargetSide?

    init(_ device: Device) { self.device = device }

    func make(_ plan: TargetPlan) throws -> TargetOffer {
        let made = try TargetSide(device, plan)
        side = made
        return made.offer
    }

    func connect(to initiator: UInt32) throws { try side?.connect(to: initiator) }
    func report(expecting count: Int) throws -> TargetReport { try side?.report(expecting: count) ?? TargetReport() }

    func end() throws {
        try side?.end()
        side = nil
    }
}
