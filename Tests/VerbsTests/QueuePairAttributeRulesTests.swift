// QueuePairAttributeRulesTests.swift - every value of every attribute, and what applying one leaves alone.

import Testing
import Verbs

private let everyBit = (0..<32).map { QueuePairAttributeMask(rawValue: 1 << UInt32($0)) }

/// Attributes that every rule accepts, on both link layers.
private func acceptable() -> QueuePairAttributes {
    var attributes = QueuePairAttributes()
    attributes.port = 1
    attributes.pathMTU = 3
    attributes.addressVector.portNumber = 1
    attributes.addressVector.isGlobal = true
    attributes.alternateAddressVector = attributes.addressVector
    attributes.alternatePort = 1
    return attributes
}

private func accepts(
    _ mask: QueuePairAttributeMask, type: QueuePairType = .reliableConnection, link: LinkLayer = .ethernet,
    state: QueuePairState = .reset, limits: DeviceLimits = .standard, _ edit: (inout QueuePairAttributes) -> Void
) -> Bool {
    var attributes = acceptable()
    edit(&attributes)
    var current = QueuePairAttributes()
    current.state = state
    do throws(VerbsErrno) {
        try QueuePairAttributeRules.check(
            attributes, mask: mask, type: type, current: current, limits: limits, linkLayer: link)
        return true
    } catch {
        #expect(error == .invalidArgument)
        return false
    }
}

/// One byte-sized attribute: its bit in the mask, where it is, and which of its 256 values are right.
private struct ByteRule: Sendable {
    let name: String
    let mask: QueuePairAttributeMask
    let set: @Sendable (inout QueuePairAttributes, UInt8) -> Void
    let valid: ClosedRange<UInt8>
}

private let byteRules = [
    ByteRule(name: "port", mask: .port, set: { $0.port = $1 }, valid: 1...1),
    ByteRule(name: "partition key", mask: .partitionKeyIndex, set: { $0.partitionKeyIndex = .init($1) }, valid: 0...0),
    ByteRule(name: "MTU", mask: .pathMTU, set: { $0.pathMTU = $1 }, valid: 1...5),
    ByteRule(name: "migration", mask: .pathMigrationState, set: { $0.pathMigrationState = $1 }, valid: 0...2),
    ByteRule(name: "timeout", mask: .timeout, set: { $0.timeout = $1 }, valid: 0...31),
    ByteRule(name: "RNR", mask: .minReceiverNotReadyTimer, set: { $0.minReceiverNotReadyTimer = $1 }, valid: 0...31),
    ByteRule(name: "retries", mask: .retryCount, set: { $0.retryCount = $1 }, valid: 0...7),
    ByteRule(
        name: "RNR retries", mask: .receiverNotReadyRetry, set: { $0.receiverNotReadyRetry = $1 }, valid: 0...7),
    ByteRule(name: "initiator depth", mask: .maxInitiatorDepth, set: { $0.maxInitiatorDepth = $1 }, valid: 0...16),
    ByteRule(
        name: "responder resources", mask: .maxResponderResources, set: { $0.maxResponderResources = $1 },
        valid: 0...16),
    ByteRule(name: "path port", mask: .addressVector, set: { $0.addressVector.portNumber = $1 }, valid: 1...1),
    ByteRule(name: "GID index", mask: .addressVector, set: { $0.addressVector.sourceGIDIndex = $1 }, valid: 0...15),
    ByteRule(name: "alternate port", mask: .alternatePath, set: { $0.alternatePort = $1 }, valid: 1...1),
    ByteRule(name: "alternate timeout", mask: .alternatePath, set: { $0.alternateTimeout = $1 }, valid: 0...31),
    ByteRule(
        name: "alternate GID index", mask: .alternatePath, set: { $0.alternateAddressVector.sourceGIDIndex = $1 },
        valid: 0...15),
    ByteRule(
        name: "alternate partition key", mask: .alternatePath,
        set: { $0.alternatePartitionKeyIndex = .init($1) }, valid: 0...0),
]

@Test func everyByteIsAcceptedWithinItsRangeAndNowhereElse() {
    for rule in byteRules {
        for value in UInt8.min...UInt8.max {
            let accepted = accepts(rule.mask) { rule.set(&$0, value) }
            #expect(accepted == rule.valid.contains(value), "\(rule.name) \(value)")
        }
    }
}

@Test func whatTheMaskDoesNotNameIsNotLookedAt() {
    for rule in byteRules {
        let others = QueuePairAttributeMask(everyBit.filter { $0 != rule.mask && $0 != .alternatePath })
        #expect(accepts(others) { rule.set(&$0, 255) }, "\(rule.name)")
    }
}

@Test func theActiveMTUBoundsThePath() {
    for active in 1...5 as ClosedRange<UInt8> {
        var limits = DeviceLimits.standard
        limits.activeMTU = active
        for code in 0...6 as ClosedRange<UInt8> {
            #expect(accepts(.pathMTU, limits: limits) { $0.pathMTU = code } == (code >= 1 && code <= active))
        }
    }
}

@Test func ethernetNeedsAGlobalRouteAndInfiniBandDoesNot() {
    for (link, expected) in [(LinkLayer.ethernet, false), (.infiniBand, true)] {
        #expect(accepts(.addressVector, link: link) { $0.addressVector.isGlobal = false } == expected)
        #expect(accepts(.alternatePath, link: link) { $0.alternateAddressVector.isGlobal = false } == expected)
    }
    // Without a global route there is no source GID to look at.
    #expect(
        accepts(.addressVector, link: .infiniBand) {
            $0.addressVector.isGlobal = false
            $0.addressVector.sourceGIDIndex = 255
        })
    #expect(!accepts(.addressVector, type: .unreliableDatagram) { _ in })
}

@Test func accessFlagsAreThoseOfAQueuePair() {
    for bit in 0..<32 as Range<UInt32> {
        let accepted = accepts(.accessFlags) { $0.accessFlags = AccessFlags(rawValue: 1 << bit) }
        #expect(accepted == ([0, 1, 2, 3, 4].contains(bit) || (20...29).contains(bit)), "bit \(bit)")
    }
}

@Test func theCurrentStateMustBeTheOneThatIs() {
    for believed in QueuePairState.allCases {
        for actual in QueuePairState.allCases {
            let accepted = accepts(.currentState, state: actual) { $0.currentState = believed }
            #expect(accepted == (believed == actual))
        }
    }
}

@Test func packetSequenceNumbersAreMaskedAndNeverRefused() {
    let accepted = accepts([.sendPSN, .receivePSN]) {
        $0.sendPSN = .max
        $0.receivePSN = .max
    }
    #expect(accepted)
    var source = acceptable()
    source.sendPSN = 0xff12_3456
    source.receivePSN = 0x0165_4321
    var target = QueuePairAttributes()
    QueuePairAttributeRules.apply(source, mask: [.sendPSN, .receivePSN], to: &target)
    #expect(target.sendPSN == 0x12_3456)
    #expect(target.receivePSN == 0x65_4321)
}

/// Fields by name, so that a test can say which of them changed.
private func fields(_ attributes: QueuePairAttributes) -> [String: String] {
    var all: [String: String] = [:]
    for child in Mirror(reflecting: attributes).children { all[child.label ?? ""] = "\(child.value)" }
    return all
}

private func differences(_ left: QueuePairAttributes, _ right: QueuePairAttributes) -> Set<String> {
    let before = fields(left)
    return Set(fields(right).filter { before[$0.key] != $0.value }.map(\.key))
}

/// Every field different from its default.
private func everythingSet() -> QueuePairAttributes {
    var attributes = QueuePairAttributes()
    attributes.state = .readyToSend
    attributes.currentState = .readyToSend
    attributes.pathMTU = 4
    attributes.pathMigrationState = 1
    attributes.queueKey = 5
    attributes.receivePSN = 6
    attributes.sendPSN = 7
    attributes.destinationQueuePair = QueuePairNumber(rawValue: 8)
    attributes.accessFlags = [.remoteRead]
    attributes.capabilities.sendElements = 9
    attributes.addressVector.hopLimit = 10
    attributes.alternateAddressVector.hopLimit = 11
    attributes.partitionKeyIndex = 12
    attributes.alternatePartitionKeyIndex = 13
    attributes.enableDrainedNotification = true
    attributes.isDraining = true
    attributes.maxInitiatorDepth = 14
    attributes.maxResponderResources = 15
    attributes.minReceiverNotReadyTimer = 16
    attributes.port = 17
    attributes.timeout = 18
    attributes.retryCount = 19
    attributes.receiverNotReadyRetry = 20
    attributes.alternatePort = 21
    attributes.alternateTimeout = 22
    attributes.rateLimit = 23
    return attributes
}

/// Which fields each bit of a mask names. Bits that no row of the state table takes change nothing.
private let fieldsOfBit: [Int: Set<String>] = [
    0: ["state", "currentState"], 2: ["enableDrainedNotification"], 3: ["accessFlags"], 4: ["partitionKeyIndex"],
    5: ["port"], 6: ["queueKey"], 7: ["addressVector"], 8: ["pathMTU"], 9: ["timeout"], 10: ["retryCount"],
    11: ["receiverNotReadyRetry"], 12: ["receivePSN"], 13: ["maxInitiatorDepth"],
    14: ["alternateAddressVector", "alternatePort", "alternatePartitionKeyIndex", "alternateTimeout"],
    15: ["minReceiverNotReadyTimer"], 16: ["sendPSN"], 17: ["maxResponderResources"], 18: ["pathMigrationState"],
    20: ["destinationQueuePair"],
]

@Test func applyingChangesWhatTheMaskNamesAndNothingElse() {
    let source = everythingSet()
    #expect(differences(QueuePairAttributes(), source).count == fields(source).count)
    for bit in 0..<32 {
        var target = QueuePairAttributes()
        QueuePairAttributeRules.apply(source, mask: QueuePairAttributeMask(rawValue: 1 << UInt32(bit)), to: &target)
        let changed = differences(QueuePairAttributes(), target)
        #expect(changed == fieldsOfBit[bit] ?? [], "bit \(bit)")
        for name in changed { #expect(fields(target)[name] == fields(source)[name]) }
    }
}

@Test func aResetKeepsTheQueuesAndForgetsTheRest() {
    var reset = QueuePairAttributes()
    reset.state = .reset
    for mask in everyBit.map({ $0.union(.state) }) {
        var target = everythingSet()
        QueuePairAttributeRules.apply(reset, mask: mask, to: &target)
        #expect(differences(QueuePairAttributes(), target) == ["capabilities"])
    }
}
