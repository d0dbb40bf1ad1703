// Names.swift - the numbers of infiniband/verbs.h that the suite speaks of, by their names there.
//
// Written out here rather than taken from the module under test: the suite must not agree with it by construction.

/// The transport of a queue pair.
enum Kind: UInt32, CaseIterable, Codable, CustomStringConvertible {
    case reliable = 2
    case unreliable = 3
    case datagram = 4
    case extendedInitiator = 9
    case extendedTarget = 10

    /// Those that send and receive by themselves. The halves of extended connections have rules of their own.
    static let allCases: [Kind] = [.reliable, .unreliable, .datagram]
    static let halves: [Kind] = [.extendedInitiator, .extendedTarget]

    var description: String {
        switch self {
        case .reliable: "RC"
        case .unreliable: "UC"
        case .datagram: "UD"
        case .extendedInitiator: "XRC_SEND"
        case .extendedTarget: "XRC_RECV"
        }
    }
    var breaksSendQueueAlone: Bool { self == .unreliable || self == .datagram }
    var isConnected: Bool { self != .datagram }
}

/// enum ibv_qp_state.
enum State: UInt32, CaseIterable, Codable, CustomStringConvertible {
    case reset, initialized, readyToReceive, readyToSend, sendQueueDrained, sendQueueError, error

    var description: String { ["RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"][Int(rawValue)] }
}

/// enum ibv_qp_attr_mask.
enum Attribute: UInt32, CaseIterable, CustomStringConvertible {
    case state, currentState, drainedNotification, accessFlags, partitionKeyIndex, port, queueKey, addressVector, pathMTU
    case timeout, retryCount, receiverNotReadyRetry, receivePSN, maxInitiatorDepth, alternatePath, minReceiverNotReadyTimer
    case sendPSN, maxResponderResources, pathMigrationState, capabilities, destinationQueuePair
    case rateLimit = 25

    var bit: UInt32 { 1 << rawValue }
    var description: String { self == .rateLimit ? "RATE_LIMIT" : Self.names[Int(rawValue)] }

    private static let names = [
        "STATE", "CUR_STATE", "EN_SQD_ASYNC_NOTIFY", "ACCESS_FLAGS", "PKEY_INDEX", "PORT", "QKEY", "AV", "PATH_MTU",
        "TIMEOUT", "RETRY_CNT", "RNR_RETRY", "RQ_PSN", "MAX_QP_RD_ATOMIC", "ALT_PATH", "MIN_RNR_TIMER", "SQ_PSN",
        "MAX_DEST_RD_ATOMIC", "PATH_MIG_STATE", "CAP", "DEST_QPN",
    ]
}

/// enum ibv_wr_opcode.
enum Opcode: UInt32, CaseIterable, Codable, CustomStringConvertible {
    case write, writeWithImmediate, send, sendWithImmediate, read, compareAndSwap, fetchAndAdd, localInvalidate
    case bindWindow, sendWithInvalidate, segmentation
    case atomicWrite = 15

    var description: String { self == .atomicWrite ? "ATOMIC_WRITE" : Self.names[Int(rawValue)] }
    var isAtomic: Bool { self == .compareAndSwap || self == .fetchAndAdd }
    /// One word of eight bytes, no more and no less.
    var movesWord: Bool { isAtomic || self == .atomicWrite }
    /// Holds resources of the target until it has answered.
    var isAnswered: Bool { movesWord || self == .read }
    var isSend: Bool { self == .send || self == .sendWithImmediate }
    var isWrite: Bool { self == .write || self == .writeWithImmediate }
    var takesReceive: Bool { isSend || self == .writeWithImmediate }
    /// What the initiator's completion calls it.
    var completion: UInt32 { self == .atomicWrite ? 9 : [1, 1, 0, 0, 2, 3, 4, 6, 5, 0, 7][Int(rawValue)] }

    private static let names = [
        "RDMA_WRITE", "RDMA_WRITE_WITH_IMM", "SEND", "SEND_WITH_IMM", "RDMA_READ", "ATOMIC_CMP_AND_SWP",
        "ATOMIC_FETCH_AND_ADD", "LOCAL_INV", "BIND_MW", "SEND_WITH_INV", "TSO",
    ]
}

/// enum ibv_wc_status.
enum Status: UInt32, CaseIterable, Codable, CustomStringConvertible {
    case success, localLength, localOperation, localEEC, localProtection, flushed, windowBind, badResponse, localAccess
    case remoteInvalidRequest, remoteAccess, remoteOperation, retriesExceeded, notReadyRetriesExceeded
    case localDomain, remoteInvalidDomain, remoteAborted, invalidEECNumber, invalidEECState, fatal, responseTimeout, general

    var description: String { Self.names[Int(rawValue)] }

    private static let names = [
        "SUCCESS", "LOC_LEN_ERR", "LOC_QP_OP_ERR", "LOC_EEC_OP_ERR", "LOC_PROT_ERR", "WR_FLUSH_ERR", "MW_BIND_ERR",
        "BAD_RESP_ERR", "LOC_ACCESS_ERR", "REM_INV_REQ_ERR", "REM_ACCESS_ERR", "REM_OP_ERR", "RETRY_EXC_ERR",
        "RNR_RETRY_EXC_ERR", "LOC_RDD_VIOL_ERR", "REM_INV_RD_REQ_ERR", "REM_ABORT_ERR", "INV_EECN_ERR",
        "INV_EEC_STATE_ERR", "FATAL_ERR", "RESP_TIMEOUT_ERR", "GENERAL_ERR",
    ]
}

/// enum ibv_event_type.
enum Event: UInt32, Codable, CustomStringConvertible {
    case queueError, fatal, requestError, accessError, established, drained, migrated, migrationError, deviceFatal
    case portActive, portError, identifierChange, partitionChange, managerChange, sharedError, sharedLimit, lastRequest
    case clientReregister, gidChange, workQueueFatal

    var description: String { Self.names[Int(rawValue)] }

    private static let names = [
        "CQ_ERR", "QP_FATAL", "QP_REQ_ERR", "QP_ACCESS_ERR", "COMM_EST", "SQ_DRAINED", "PATH_MIG", "PATH_MIG_ERR",
        "DEVICE_FATAL", "PORT_ACTIVE", "PORT_ERR", "LID_CHANGE", "PKEY_CHANGE", "SM_CHANGE", "SRQ_ERR",
        "SRQ_LIMIT_REACHED", "QP_LAST_WQE_REACHED", "CLIENT_REREGISTER", "GID_CHANGE", "WQ_FATAL",
    ]
}

/// enum ibv_access_flags.
struct Access: OptionSet, Hashable, Codable, CustomStringConvertible {
    let rawValue: UInt32
    static let localWrite = Access(rawValue: 1)
    static let remoteWrite = Access(rawValue: 2)
    static let remoteRead = Access(rawValue: 4)
    static let remoteAtomic = Access(rawValue: 8)
    static let windowBind = Access(rawValue: 16)
    static let zeroBased = Access(rawValue: 32)
    static let onDemand = Access(rawValue: 64)
    static let hugePages = Access(rawValue: 128)
    static let relaxed = Access(rawValue: 1 << 20)
    static let all: Access = [.localWrite, .remoteWrite, .remoteRead, .remoteAtomic]

    var description: String {
        let names = ["LOCAL_WRITE", "REMOTE_WRITE", "REMOTE_READ", "REMOTE_ATOMIC", "MW_BIND", "ZERO_BASED", "ON_DEMAND", "HUGETLB"]
        let set = names.indices.filter { rawValue >> UInt32($0) & 1 != 0 }.map { names[$0] }
        let rest = rawValue >> 8 == 0 ? [] : ["0x" + String(rawValue & ~0xff, radix: 16)]
        return rawValue == 0 ? "none" : (set + rest).joined(separator: "+")
    }
}

/// enum ibv_send_flags.
enum SendFlag {
    static let fence: UInt32 = 1
    static let signaled: UInt32 = 2
    static let solicited: UInt32 = 4
    static let inline: UInt32 = 8
}
