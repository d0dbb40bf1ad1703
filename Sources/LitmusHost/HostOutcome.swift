// HostOutcome.swift - what a kernel answered, in a scenario's words.
import KernelMemory
import Platform

/// From errno and signal numbers to the outcomes that scenarios know.
enum HostOutcome {
    private static let names: [Int32: Outcome] = [
        1: .notPermitted, 2: .noEntry, 11: .tryAgain, 12: .noMemory, 13: .accessDenied, 14: .badAddress, 16: .busy, 19: .noDevice,
        22: .invalid, 95: .notSupported, 121: .remoteIO,
    ]
    /// Codes from here on are errnos that scenarios have no name for.
    private static var foreign: Int { 1000 }

    static func of(_ reply: HostNursery.Reply, _ kind: OperationKind) -> Outcome {
        switch reply.signal {
        case 0: break
        case 7: return .busError
        default: return .segmentationFault
        }
        let isDevice = kind == .deviceRead || kind == .deviceWrite
        if isDevice, reply.error == 13 { return .remoteAccessError }
        guard reply.error == 0 else { return names[reply.error] ?? Outcome(code: foreign + Int(reply.error)) }
        guard kind == .read || kind == .deviceRead else { return .ok }
        // Only small numbers are ever written: anything else is memory that the scenario does not know.
        return (0...Int64(Bounds.contents)).contains(reply.value) ? .value(Int(reply.value)) : Outcome(code: foreign)
    }

    /// The outcome in words.
    static func text(_ outcome: Outcome) -> String {
        if outcome.code == foreign { return "foreign data" }
        return outcome.code > foreign ? SystemError.text(of: Int32(outcome.code - foreign)) : outcome.name
    }
}
