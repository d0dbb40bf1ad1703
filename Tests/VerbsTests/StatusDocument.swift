// StatusDocument.swift - the tables of docs/STATUS.md, made from the rules.
//
// Owns: the text of every generated section. The test compares it with the file.

import Verbs

/// The tables of docs/STATUS.md, made from the rules.
enum StatusDocument {
    /// Sections by the name of their marker.
    static var sections: [(name: String, text: String)] {
        [
            ("faults", faults), ("failed sends", failedSends), ("transitions", transitions), ("posting", posting),
            ("operations", operations), ("timers", timers), ("limits", limits),
        ]
    }

    private static let types: [(name: String, type: QueuePairType)] = [
        ("RC", .reliableConnection), ("UC", .unreliableConnection), ("UD", .unreliableDatagram),
        ("XRC INI", .xrcInitiator), ("XRC TGT", .xrcTarget),
    ]

    // MARK: Tables

    private static var faults: String {
        var rows: [[String]] = []
        for fault in ResponderFault.allCases {
            for (name, type) in types where type.hasSendQueue {
                guard let seen = fault.consequence(type: type) else { continue }
                rows.append([
                    words("\(fault)"), name, cName(seen.initiatorStatus), seen.initiatorFails ? "ERR" : "stays",
                    seen.receiveStatus.map(cName) ?? "-", seen.event.map(cName) ?? "-",
                    seen.responderFails ? "ERR" : "stays",
                ])
            }
        }
        return table(
            ["fault at the target", "type", "initiator's status", "initiator's QP", "target's receive status",
             "target's event", "target's QP"], rows)
    }

    private static var failedSends: String {
        let rows = CompletionStatus.allCases.map { status in
            [cName(status)] + types.filter(\.type.hasSendQueue).map { status.stateAfterSend(type: $0.type).map(cName) ?? "stays" }
                + [status.stateAfterReceive.map(cName) ?? "stays"]
        }
        return table(["status"] + types.filter(\.type.hasSendQueue).map { "send, \($0.name)" } + ["receive"], rows)
    }

    private static var transitions: String {
        let rows = types.flatMap { name, type in
            QueuePairTransitions.transitions.filter { $0.type == type }.map {
                [name, cName($0.from), cName($0.to), bits($0.required), bits($0.optional)]
            }
        }
        return table(["type", "from", "to", "required besides the state", "optional"], rows)
    }

    private static var posting: String {
        let rows = QueuePairState.allCases.map { state in
            [
                cName(state),
                "\(PostingRules.sendDecision(state: state, type: .reliableConnection, opcode: .send))",
                "\(PostingRules.receiveDecision(state: state))",
                PostingRules.acceptsMessages(state: state) ? "yes" : "no",
            ]
        }
        return table(["state", "a send is", "a receive is", "messages arrive"], rows)
    }

    private static var operations: String {
        let rows = SendOpcode.allCases.map { opcode in
            [cName(opcode)] + types.filter(\.type.hasSendQueue).map { PostingRules.allows(opcode, on: $0.type) ? "yes" : "EINVAL" }
                + [InlineRules.allows(opcode, totalLength: 0, maxInlineBytes: 0) ? "yes" : "EINVAL"]
        }
        return table(["operation"] + types.filter(\.type.hasSendQueue).map(\.name) + ["inline"], rows)
    }

    private static var timers: String {
        let rows = (0...31 as ClosedRange<UInt8>).map { code in
            [
                "\(code)", milliseconds(ReceiverNotReadyTimer.nanoseconds(code: code)),
                AcknowledgeTimeout.nanoseconds(code: code).map(milliseconds) ?? "for ever",
                RequesterRetry.nanosecondsToGiveUp(retryCount: 7, timeoutCode: code).map(milliseconds) ?? "never",
            ]
        }
        return table(["code", "min_rnr_timer, ms", "timeout, ms", "given up with retry_cnt 7, ms"], rows)
    }

    private static var limits: String {
        let standard = DeviceLimits.standard
        var rows = Mirror(reflecting: standard).children.map { [words($0.label ?? ""), "\($0.value)"] }
        rows.append(["max region bytes", "\(standard.maxRegionBytes)"])
        return table(["limit", "standard"], rows)
    }

    // MARK: Text

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1_000_000 + 1_000_000).dropFirst()
        let digits = fraction.reversed().drop { $0 == "0" }.reversed()
        let whole = nanoseconds / 1_000_000
        return digits.isEmpty ? "\(whole)" : "\(whole)." + String(digits)
    }

    /// "receiverNotReady" as "receiver not ready"; runs of capitals stay together.
    private static func words(_ name: String) -> String {
        var text = ""
        var previousIsUpper = true
        for character in name {
            if character.isUppercase && !previousIsUpper { text += " " }
            text.append(character)
            previousIsUpper = character.isUppercase
        }
        return text.split(separator: " ").map { word in
            word.allSatisfy(\.isUppercase) ? String(word) : word == "gid" ? "GID" : word.lowercased()
        }.joined(separator: " ")
    }

    private static func bits(_ mask: QueuePairAttributeMask) -> String {
        let names = attributeNames.indices.filter { mask.rawValue >> UInt32($0) & 1 != 0 }.map { attributeNames[$0] }
        return names.isEmpty ? "-" : names.joined(separator: ", ")
    }

    // MARK: Names of the C header, in the order of their values

    private static func cName(_ status: CompletionStatus) -> String { statusNames[Int(status.rawValue)] }
    private static func cName(_ event: AsyncEventType) -> String { eventNames[Int(event.rawValue)] }
    private static func cName(_ state: QueuePairState) -> String { stateNames[Int(state.rawValue)] }
    private static func cName(_ opcode: SendOpcode) -> String { opcode == .atomicWrite ? "ATOMIC_WRITE" : opcodeNames[Int(opcode.rawValue)] }

    private static let statusNames = [
        "SUCCESS", "LOC_LEN_ERR", "LOC_QP_OP_ERR", "LOC_EEC_OP_ERR", "LOC_PROT_ERR", "WR_FLUSH_ERR", "MW_BIND_ERR",
        "BAD_RESP_ERR", "LOC_ACCESS_ERR", "REM_INV_REQ_ERR", "REM_ACCESS_ERR", "REM_OP_ERR", "RETRY_EXC_ERR",
        "RNR_RETRY_EXC_ERR", "LOC_RDD_VIOL_ERR", "REM_INV_RD_REQ_ERR", "REM_ABORT_ERR", "INV_EECN_ERR",
        "INV_EEC_STATE_ERR", "FATAL_ERR", "RESP_TIMEOUT_ERR", "GENERAL_ERR",
    ]
    private static let eventNames = ["CQ_ERR", "QP_FATAL", "QP_REQ_ERR", "QP_ACCESS_ERR"]
    private static let stateNames = ["RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"]
    private static let opcodeNames = [
        "RDMA_WRITE", "RDMA_WRITE_WITH_IMM", "SEND", "SEND_WITH_IMM", "RDMA_READ", "ATOMIC_CMP_AND_SWP",
        "ATOMIC_FETCH_AND_ADD", "LOCAL_INV", "BIND_MW", "SEND_WITH_INV",
    ]
    private static let attributeNames = [
        "STATE", "CUR_STATE", "EN_SQD_ASYNC_NOTIFY", "ACCESS_FLAGS", "PKEY_INDEX", "PORT", "QKEY", "AV", "PATH_MTU",
        "TIMEOUT", "RETRY_CNT", "RNR_RETRY", "RQ_PSN", "MAX_QP_RD_ATOMIC", "ALT_PATH", "MIN_RNR_TIMER", "SQ_PSN",
        "MAX_DEST_RD_ATOMIC", "PATH_MIG_STATE", "CAP", "DEST_QPN",
    ]
}
