// PostingRulesTests.swift - what may be posted, in every state and type, against the table of ibv_post_send(3).

import Testing
import Verbs

/// Rows of ibv_post_send(3): which types have each operation.
private let operations: [(SendOpcode, ud: Bool, uc: Bool, rc: Bool)] = [
    (.send, true, true, true), (.sendWithImmediate, true, true, true),
    (.rdmaWrite, false, true, true), (.rdmaWriteWithImmediate, false, true, true),
    (.rdmaRead, false, false, true), (.compareAndSwap, false, false, true), (.fetchAndAdd, false, false, true),
    (.localInvalidate, false, true, true), (.bindMemoryWindow, false, true, true),
    (.sendWithInvalidate, false, true, true), (.atomicWrite, false, false, true),
]

/// IBA 10.3.1: a letter for each state, RESET INIT RTR RTS SQD SQE ERR.
private let sendByState: [PostingDecision] = [.refuse, .refuse, .refuse, .execute, .hold, .flush, .flush]
private let receiveByState: [PostingDecision] = [
    .refuse, .execute, .execute, .execute, .execute, .execute, .flush,
]

@Test func everySendIsDecidedByItsTypeAndState() {
    #expect(operations.count == SendOpcode.allCases.count)
    for (opcode, ud, uc, rc) in operations {
        for state in QueuePairState.allCases {
            for (type, has) in [
                (QueuePairType.unreliableDatagram, ud), (.unreliableConnection, uc), (.reliableConnection, rc),
            ] {
                let decision = PostingRules.sendDecision(state: state, type: type, opcode: opcode)
                #expect(decision == (has ? sendByState[Int(state.rawValue)] : .refuse), "\(type) \(state) \(opcode)")
            }
        }
    }
}

@Test func everyReceiveIsDecidedByItsState() {
    for state in QueuePairState.allCases {
        #expect(PostingRules.receiveDecision(state: state) == receiveByState[Int(state.rawValue)])
        let accepts = ![.reset, .initialized, .error].contains(state)
        #expect(PostingRules.acceptsMessages(state: state) == accepts)
    }
}

@Test func inlineIsForOutgoingBytesThatFit() {
    for opcode in SendOpcode.allCases {
        let outgoing = !opcode.writesLocalMemory && ![.localInvalidate, .bindMemoryWindow].contains(opcode)
        for length in [0, 1, 63, 64, 65, 1 << 32, .max] as [UInt64] {
            let allowed = InlineRules.allows(opcode, totalLength: length, maxInlineBytes: 64)
            #expect(allowed == (outgoing && length <= 64))
        }
    }
}

@Test func elementCountsAreBoundedBothWays() {
    for (count, allowed) in [(Int.min, false), (-1, false), (0, true), (31, true), (32, true), (33, false)] {
        #expect(ScatterGatherRules.allowsCount(count, capability: 32) == allowed)
    }
    #expect(!ScatterGatherRules.allowsCount(Int.max, capability: .max))
}

@Test func lengthsOfAListAddUpWithoutWrapping() {
    let key = MemoryKey(rawValue: 0)
    for count in 0...32 {
        let list = Array(repeating: ScatterGatherElement(address: .max, length: .max, localKey: key), count: count)
        #expect(ScatterGatherRules.totalLength(list.span) == UInt64(UInt32.max) * UInt64(count))
    }
}

@Test func messagesAreJudgedByLengthAndAtomicsByAlignment() {
    let limit: UInt64 = 1 << 31
    func judge(_ opcode: SendOpcode, _ type: QueuePairType, _ length: UInt64, _ address: UInt64) -> MessageVerdict {
        ScatterGatherRules.judge(
            opcode, type: type, totalLength: length, remoteAddress: address, pathMTUBytes: 1024,
            maxMessageBytes: limit)
    }
    for opcode in SendOpcode.allCases {
        for length in [0, 1, 7, 8, 9, 16, 1023, 1024, 1025, limit - 1, limit, limit + 1, .max] as [UInt64] {
            for address in 0..<17 as Range<UInt64> {
                let connected = judge(opcode, .reliableConnection, length, address)
                if [.compareAndSwap, .fetchAndAdd, .atomicWrite].contains(opcode) {
                    let expected: MessageVerdict =
                        length != 8 ? .localLengthError : address % 8 == 0 ? .allowed : .misalignedAtomic
                    #expect(connected == expected)
                } else {
                    #expect(connected == (length > limit ? .localLengthError : .allowed))
                }
            }
        }
    }
    for length in 0...2048 as ClosedRange<UInt64> {
        #expect(judge(.send, .unreliableDatagram, length, 0) == (length > 1024 ? .discarded : .allowed))
    }
}

@Test func mtuCodesAreTheVerbsOnes() {
    #expect((1...5).map { ScatterGatherRules.bytes(mtuCode: $0) } == [256, 512, 1024, 2048, 4096])
}
