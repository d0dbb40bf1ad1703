// ResponderFaultTests.swift - what both sides see of each fault, against a second reading of the error classes.

import Testing
import Verbs

/// One line for each fault and type that can meet it: initiator status | receive status | event | target fails.
/// Numbers are those of enum ibv_wc_status and enum ibv_event_type; a dash is nothing.
private let reading = """
    noResponder RC | 12 | - | - | no
    noResponder INI | 12 | - | - | no
    noResponder UC | 0 | - | - | no
    noResponder UD | 0 | - | - | no
    receiverNotReady RC | 13 | - | - | no
    receiverNotReady INI | 13 | - | - | no
    receiverNotReady UC | 0 | - | - | no
    receiverNotReady UD | 0 | - | - | no
    remoteAccess RC | 10 | - | 3 | yes
    remoteAccess INI | 10 | - | 3 | yes
    remoteAccess UC | 0 | - | - | no
    operationNotEnabled RC | 9 | - | 2 | yes
    operationNotEnabled INI | 9 | - | 2 | yes
    operationNotEnabled UC | 0 | - | - | no
    misalignedAtomic RC | 9 | - | 2 | yes
    misalignedAtomic INI | 9 | - | 2 | yes
    tooManyOutstanding RC | 9 | - | 2 | yes
    tooManyOutstanding INI | 9 | - | 2 | yes
    receiveBufferTooSmall RC | 9 | 1 | - | yes
    receiveBufferTooSmall INI | 9 | 1 | - | yes
    receiveBufferTooSmall UC | 0 | - | - | no
    receiveBufferTooSmall UD | 0 | - | - | no
    receiveBufferProtection RC | 11 | 4 | - | yes
    receiveBufferProtection INI | 11 | 4 | - | yes
    receiveBufferProtection UC | 0 | 4 | - | yes
    receiveBufferProtection UD | 0 | 4 | - | yes
    completionQueueOverrun RC | 12 | - | 1 | yes
    completionQueueOverrun INI | 12 | - | 1 | yes
    completionQueueOverrun UC | 0 | - | 1 | yes
    completionQueueOverrun UD | 0 | - | 1 | yes
    queueKeyMismatch UD | 0 | - | - | no
    unknownSharedReceiveQueue INI | 9 | - | 2 | yes
    foreignSharedReceiveQueue INI | 9 | - | 3 | yes
    invalidKeyToInvalidate RC | 0 | 9 | - | yes
    invalidKeyToInvalidate INI | 0 | 9 | - | yes
    invalidKeyToInvalidate UC | 0 | 9 | - | yes
    """

private let types: [(String, QueuePairType)] = [
    ("RC", .reliableConnection), ("UC", .unreliableConnection), ("UD", .unreliableDatagram),
    ("INI", .xrcInitiator),
]

@Test func everyFaultHasTheConsequencesOfItsClass() {
    var expected: [String: String] = [:]
    for line in reading.split(separator: "\n") {
        let parts = line.split(separator: "|", maxSplits: 1)
        expected[parts[0].split(separator: " ").joined(separator: " ")] = String(parts[1].dropFirst())
    }
    var found = 0
    for fault in ResponderFault.allCases {
        for (name, type) in types {
            guard let seen = fault.consequence(type: type) else {
                #expect(expected["\(fault) \(name)"] == nil, "\(fault) \(name)")
                continue
            }
            found += 1
            let receive = seen.receiveStatus.map { "\($0.rawValue)" } ?? "-"
            let event = seen.event.map { "\($0.rawValue)" } ?? "-"
            let line = "\(seen.initiatorStatus.rawValue) | \(receive) | \(event) | \(seen.responderFails ? "yes" : "no")"
            #expect(line == expected["\(fault) \(name)"], "\(fault) \(name)")
        }
    }
    #expect(found == expected.count)
}

@Test func theStatesFollowFromTheStatuses() {
    for fault in ResponderFault.allCases {
        for (_, type) in types {
            guard let seen = fault.consequence(type: type) else { continue }
            // Both halves of one story: the queue pair that reports an error is the one that stops.
            #expect(seen.initiatorFails == (seen.initiatorStatus.stateAfterSend(type: type) != nil))
            if let status = seen.receiveStatus { #expect((status.stateAfterReceive == .error) == seen.responderFails) }
            if seen.event != nil { #expect(seen.responderFails) }
        }
    }
}

@Test func onlyAReliableConnectionIsLostByAFailedSend() {
    for status in CompletionStatus.allCases {
        let harmless = status == .success || status == .flushedInError
        #expect(status.stateAfterSend(type: .reliableConnection) == (harmless ? nil : .error))
        #expect(status.stateAfterSend(type: .unreliableConnection) == (harmless ? nil : .sendQueueError))
        #expect(status.stateAfterSend(type: .unreliableDatagram) == (harmless ? nil : .sendQueueError))
        #expect(status.stateAfterReceive == (harmless ? nil : .error))
    }
}
