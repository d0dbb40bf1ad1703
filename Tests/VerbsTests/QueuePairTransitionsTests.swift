// QueuePairTransitionsTests.swift - the state table against a second reading of the specification.
//
// The reading below was written as the specification prints it: one line for each change of state, required | optional.

import Testing
import TestSupport
import Verbs

private let reading = """
    RC RESET INIT | PKEY PORT ACCESS |
    RC INIT INIT | | PKEY PORT ACCESS
    RC INIT RTR | AV MTU DQPN RPSN DESTRD MINRNR | ALT ACCESS PKEY
    RC RTR RTS | SPSN TIMEOUT RETRY RNRRETRY MAXRD | CUR ALT ACCESS MINRNR MIG
    RC RTS RTS | | CUR ALT ACCESS MINRNR MIG
    RC RTS SQD | | NOTIFY
    RC SQD RTS | | CUR ALT ACCESS MINRNR MIG
    RC SQD SQD | | AV MAXRD DESTRD ALT ACCESS PKEY MINRNR MIG TIMEOUT RETRY RNRRETRY PORT
    UC RESET INIT | PKEY PORT ACCESS |
    UC INIT INIT | | PKEY PORT ACCESS
    UC INIT RTR | AV MTU DQPN RPSN | ALT ACCESS PKEY
    UC RTR RTS | SPSN | CUR ALT ACCESS MIG
    UC RTS RTS | | CUR ALT ACCESS MIG
    UC RTS SQD | | NOTIFY
    UC SQD RTS | | CUR ALT ACCESS MIG
    UC SQD SQD | | AV ALT ACCESS PKEY MIG
    UC SQE RTS | | CUR ACCESS
    INI RESET INIT | PKEY PORT ACCESS |
    INI INIT INIT | | PKEY PORT ACCESS
    INI INIT RTR | AV MTU DQPN RPSN | ALT ACCESS PKEY
    INI RTR RTS | SPSN TIMEOUT RETRY RNRRETRY MAXRD | CUR ALT ACCESS MIG
    INI RTS RTS | | CUR ALT ACCESS MIG
    INI RTS SQD | | NOTIFY
    INI SQD RTS | | CUR ALT ACCESS MIG
    INI SQD SQD | | AV MAXRD ALT ACCESS PKEY MIG TIMEOUT RETRY RNRRETRY PORT
    TGT RESET INIT | PKEY PORT ACCESS |
    TGT INIT INIT | | PKEY PORT ACCESS
    TGT INIT RTR | AV MTU DQPN RPSN DESTRD MINRNR | ALT ACCESS PKEY
    TGT RTR RTS | SPSN TIMEOUT | CUR ALT ACCESS MINRNR MIG
    TGT RTS RTS | | CUR ALT ACCESS MINRNR MIG
    TGT RTS SQD | | NOTIFY
    TGT SQD RTS | | CUR ALT ACCESS MINRNR MIG
    TGT SQD SQD | | AV DESTRD ALT ACCESS PKEY MINRNR MIG TIMEOUT PORT
    UD RESET INIT | PKEY PORT QKEY |
    UD INIT INIT | | PKEY PORT QKEY
    UD INIT RTR | | PKEY QKEY
    UD RTR RTS | SPSN | CUR QKEY
    UD RTS RTS | | CUR QKEY
    UD RTS SQD | | NOTIFY
    UD SQD RTS | | CUR QKEY
    UD SQD SQD | | PKEY QKEY
    UD SQE RTS | | CUR QKEY
    """

/// Bit numbers as in infiniband/verbs.h.
private let bits: [String: UInt32] = [
    "CUR": 1, "NOTIFY": 2, "ACCESS": 3, "PKEY": 4, "PORT": 5, "QKEY": 6, "AV": 7, "MTU": 8, "TIMEOUT": 9, "RETRY": 10,
    "RNRRETRY": 11, "RPSN": 12, "MAXRD": 13, "ALT": 14, "MINRNR": 15, "SPSN": 16, "DESTRD": 17, "MIG": 18, "DQPN": 20,
]
private let states: [(name: String, state: QueuePairState)] = [
    ("RESET", .reset), ("INIT", .initialized), ("RTR", .readyToReceive), ("RTS", .readyToSend),
    ("SQD", .sendQueueDrained), ("SQE", .sendQueueError), ("ERR", .error),
]
private let types: [(name: String, type: QueuePairType)] = [
    ("RC", .reliableConnection), ("UC", .unreliableConnection), ("UD", .unreliableDatagram),
    ("INI", .xrcInitiator), ("TGT", .xrcTarget),
]

private struct Sets: Equatable {
    var required: UInt32 = 0
    var optional: UInt32 = 0
}

private func parse() -> [String: Sets] {
    var table: [String: Sets] = [:]
    for line in reading.split(separator: "\n") {
        let parts = line.split(separator: "|", omittingEmptySubsequences: false)
        func mask(_ part: Substring) -> UInt32 {
            part.split(separator: " ").reduce(0) { $0 | 1 << bits[String($1)]! }
        }
        let name = parts[0].split(separator: " ").joined(separator: " ")
        table[name] = Sets(required: mask(parts[1]), optional: mask(parts[2]))
    }
    for (type, _) in types {
        for (state, _) in states {
            table["\(type) \(state) RESET"] = Sets()
            table["\(type) \(state) ERR"] = Sets()
        }
    }
    return table
}

/// The reading's verdict, computed from the text above and nothing else.
private func isLegal(_ sets: Sets?, mask: UInt32, sameState: Bool) -> Bool {
    guard let sets else { return false }
    let named = mask & ~1
    return (mask & 1 != 0 || sameState) && named & sets.required == sets.required
        && named & ~(sets.required | sets.optional) == 0
}

private func accepts(
    _ from: QueuePairState, _ to: QueuePairState, _ type: QueuePairType, _ mask: UInt32, _ link: LinkLayer
) -> Bool {
    do throws(VerbsErrno) {
        try QueuePairTransitions.check(
            from: from, to: to, type: type, mask: QueuePairAttributeMask(rawValue: mask), linkLayer: link)
        return true
    } catch {
        #expect(error == .invalidArgument)
        return false
    }
}

/// The masks worth asking about: none, the required ones, all; and each of them with every single bit flipped.
private func interestingMasks(_ sets: Sets?) -> [UInt32] {
    let required = sets?.required ?? 0
    let optional = sets?.optional ?? 0
    var bases: [UInt32] = []
    for base in [0, required, required | optional, ~0] as [UInt32] { bases += [base | 1, base & ~1] }
    return bases + bases.flatMap { base in (0..<32).map { base ^ 1 << UInt32($0) } }
}

@Test(arguments: [LinkLayer.ethernet, .infiniBand])
func everyTransitionTakesWhatTheSpecificationSays(link: LinkLayer) {
    let table = parse()
    var generator = SplitMix(seed: 1)
    for (typeName, type) in types {
        for (fromName, from) in states {
            for (toName, to) in states {
                let sets = table["\(typeName) \(fromName) \(toName)"]
                let random = (0..<200).map { _ in UInt32(truncatingIfNeeded: generator.next()) & 0x3f_ffff }
                let mismatches = (interestingMasks(sets) + random).filter {
                    accepts(from, to, type, $0, link) != isLegal(sets, mask: $0, sameState: from == to)
                }
                #expect(mismatches == [], "\(typeName) \(fromName) -> \(toName)")
            }
        }
    }
}

@Test func listedTransitionsAreTheLegalOnes() {
    let table = parse()
    let listed = QueuePairTransitions.transitions
    #expect(listed.count == table.count)
    for row in listed {
        let type = types.first { $0.type == row.type }!.name
        let from = states.first { $0.state == row.from }!.name
        let to = states.first { $0.state == row.to }!.name
        let sets = Sets(required: row.required.rawValue, optional: row.optional.rawValue)
        #expect(table["\(type) \(from) \(to)"] == sets, "\(type) \(from) -> \(to)")
        #expect(row.required.isDisjoint(with: row.optional))
    }
}

@Test func halvesOfAnExtendedConnectionIgnoreWhatIsTheOtherHalfs() {
    let whole = QueuePairTransitions.transition(from: .initialized, to: .readyToReceive, type: .reliableConnection)!
    let sending = QueuePairTransitions.transition(from: .readyToReceive, to: .readyToSend, type: .reliableConnection)!
    for (row, type) in [(whole, QueuePairType.xrcInitiator), (whole, .xrcTarget), (sending, .xrcInitiator), (sending, .xrcTarget)] {
        let meant = QueuePairTransitions.meant(row.required.union(.state), for: type)
        #expect(accepts(row.from, row.to, type, meant.rawValue, .ethernet))
    }
    for (_, type) in types where !type.isExtended {
        for bit in 0..<32 as Range<UInt32> {
            let mask = QueuePairAttributeMask(rawValue: 1 << bit)
            #expect(QueuePairTransitions.meant(mask, for: type) == mask)
        }
    }
}

/// The minimum sets that ibv_modify_qp(3) lists, as the raw masks that perftest was seen to pass.
@Test func masksOfRealProgramsAreAccepted() {
    let rc = QueuePairType.reliableConnection
    let uc = QueuePairType.unreliableConnection
    let ud = QueuePairType.unreliableDatagram
    #expect(accepts(.reset, .initialized, rc, 0x39, .ethernet))
    #expect(accepts(.reset, .initialized, uc, 0x39, .ethernet))
    #expect(accepts(.reset, .initialized, ud, 0x71, .ethernet))
    #expect(accepts(.initialized, .readyToReceive, rc, 0x12_9181, .ethernet))
    #expect(accepts(.initialized, .readyToReceive, uc, 0x10_1181, .ethernet))
    #expect(accepts(.initialized, .readyToReceive, ud, 0x1, .ethernet))
    #expect(accepts(.readyToReceive, .readyToSend, rc, 0x1_2e01, .ethernet))
    #expect(accepts(.readyToReceive, .readyToSend, uc, 0x1_0001, .ethernet))
    #expect(accepts(.readyToReceive, .readyToSend, ud, 0x1_0001, .ethernet))
}

@Test func onlyAnUnfinishedDrainForbidsChangesInSQD() {
    for (_, from) in states {
        for (_, to) in states {
            for isDraining in [false, true] {
                var isRefused = false
                do throws(VerbsErrno) {
                    try QueuePairTransitions.checkDraining(from: from, to: to, isDraining: isDraining)
                } catch {
                    isRefused = error == .invalidArgument
                }
                #expect(isRefused == (isDraining && from == .sendQueueDrained && to == .sendQueueDrained))
            }
        }
    }
}

@Test func theWishToBeToldOfADrainEndsWithTheNext() {
    var attributes = QueuePairAttributes()
    var wanted = QueuePairAttributes()
    wanted.state = .sendQueueDrained
    wanted.enableDrainedNotification = true
    QueuePairAttributeRules.apply(wanted, mask: [.state, .enableDrainedNotification], to: &attributes)
    #expect(attributes.enableDrainedNotification)
    QueuePairAttributeRules.apply(wanted, mask: .state, to: &attributes)
    #expect(!attributes.enableDrainedNotification)
}
