// Notation+QueuePair.swift - the short names of the specification.
//
// Spec: IBA vol 1, 9.2 and 10.3.1.
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
}
