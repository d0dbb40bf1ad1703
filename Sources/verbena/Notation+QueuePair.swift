// Notation+QueuePair.swift - the short names of the specification.
//
// Spec: IBA vol 1, 9.2 and 10.3.1.
import Fabric
import Verbs

extension Notation {
    static func name(_ type: QueuePairType) -> String {
        switch type {
        case .reliableConnection: "RC"
        case .unreliableConnection: "UC"
        case .unreliableDatagram: "UD"
        case .xrcInitiator: "XRC INI"
        case .xrcTarget: "XRC TGT"
        }
    }

    static func name(_ state: QueuePairState) -> String {
        switch state {
        case .reset: "RESET"
        case .initialized: "INIT"
        case .readyToReceive: "RTR"
        case .readyToSend: "RTS"
        case .sendQueueDrained: "SQD"
        case .sendQueueError: "SQE"
        case .error: "ERR"
        }
    }

    /// Who copies between a queue pair's memory and its peer's.
    static func name(_ reach: PeerReach?) -> String {
        switch reach {
        case .kernel: "kernel"
        case .agent: "agent"
        case nil: "-"
        }
    }

    /// A process number; none for a process outside this PID namespace.
    static func processNumber(_ pid: Int32) -> String { pid > 0 ? String(pid) : "-" }
}
