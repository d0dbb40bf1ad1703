// QueuePairConversion.swift - the attributes of a queue pair, between C and Swift.
//
// Owns: `struct ibv_qp_attr` and `struct ibv_qp_cap` to and from `QueuePairAttributes` and `QueuePairCapabilities`.
// What a mask does not name is not read: programs leave it uninitialised. Does not: know which state needs which
// attribute (the rules).
// C counterpart: ibv_modify_qp(3), ibv_query_qp(3).

import CVerbs
import Verbs

private func state(_ state: ibv_qp_state) throws(VerbsErrno) -> QueuePairState {
    guard let known = UInt8(exactly: state.rawValue).flatMap(QueuePairState.init(rawValue:)) else {
        throw .invalidArgument
    }
    return known
}

private func byte(_ number: UInt32) throws(VerbsErrno) -> UInt8 {
    guard let byte = UInt8(exactly: number) else { throw .invalidArgument }
    return byte
}

extension QueuePairAttributes {
    /// Reads what `mask` names.
    init(_ c: ibv_qp_attr, mask: QueuePairAttributeMask) throws(VerbsErrno) {
        self.init()
        if mask.contains(.state) { self.state = try VerbsABI.state(c.qp_state) }
        if mask.contains(.currentState) { currentState = try VerbsABI.state(c.cur_qp_state) }
        if mask.contains(.pathMTU) { pathMTU = try byte(c.path_mtu.rawValue) }
        if mask.contains(.pathMigrationState) { pathMigrationState = try byte(c.path_mig_state.rawValue) }
        if mask.contains(.accessFlags) { accessFlags = AccessFlags(rawValue: c.qp_access_flags) }
        if mask.contains(.capabilities) { capabilities = QueuePairCapabilities(c.cap) }
        if mask.contains(.addressVector) { addressVector = AddressVector(c.ah_attr) }
        if mask.contains(.destinationQueuePair) { destinationQueuePair = QueuePairNumber(rawValue: c.dest_qp_num) }
        if mask.contains(.alternatePath) { readAlternatePath(c) }
        readNumbers(c)
    }

    private mutating func readAlternatePath(_ c: ibv_qp_attr) {
        alternateAddressVector = AddressVector(c.alt_ah_attr)
        alternatePartitionKeyIndex = c.alt_pkey_index
        alternatePort = c.alt_port_num
        alternateTimeout = c.alt_timeout
    }

    /// Plain numbers: any value converts, and the mask tells the device which ones to look at.
    private mutating func readNumbers(_ c: ibv_qp_attr) {
        queueKey = c.qkey
        receivePSN = c.rq_psn
        sendPSN = c.sq_psn
        partitionKeyIndex = c.pkey_index
        enableDrainedNotification = c.en_sqd_async_notify != 0
        maxInitiatorDepth = c.max_rd_atomic
        maxResponderResources = c.max_dest_rd_atomic
        minReceiverNotReadyTimer = c.min_rnr_timer
        port = c.port_num
        timeout = c.timeout
        retryCount = c.retry_cnt
        receiverNotReadyRetry = c.rnr_retry
        rateLimit = c.rate_limit
    }

    var c: ibv_qp_attr {
        var c = ibv_qp_attr()
        c.qp_state = ibv_qp_state(rawValue: UInt32(state.rawValue))
        c.cur_qp_state = ibv_qp_state(rawValue: UInt32(currentState.rawValue))
        c.path_mtu = ibv_mtu(rawValue: UInt32(pathMTU))
        c.path_mig_state = ibv_mig_state(rawValue: UInt32(pathMigrationState))
        c.qkey = queueKey
        c.rq_psn = receivePSN
        c.sq_psn = sendPSN
        c.dest_qp_num = destinationQueuePair.rawValue
        c.qp_access_flags = accessFlags.rawValue
        c.cap = capabilities.c
        c.ah_attr = addressVector.c
        c.alt_ah_attr = alternateAddressVector.c
        c.pkey_index = partitionKeyIndex
        c.alt_pkey_index = alternatePartitionKeyIndex
        c.en_sqd_async_notify = enableDrainedNotification ? 1 : 0
        c.sq_draining = isDraining ? 1 : 0
        c.max_rd_atomic = maxInitiatorDepth
        c.max_dest_rd_atomic = maxResponderResources
        c.min_rnr_timer = minReceiverNotReadyTimer
        c.port_num = port
        c.timeout = timeout
        c.retry_cnt = retryCount
        c.rnr_retry = receiverNotReadyRetry
        c.alt_port_num = alternatePort
        c.alt_timeout = alternateTimeout
        c.rate_limit = rateLimit
        return c
    }
}

extension QueuePairCapabilities {
    init(_ c: ibv_qp_cap) {
        self.init()
        sendWorkRequests = c.max_send_wr
        receiveWorkRequests = c.max_recv_wr
        sendElements = c.max_send_sge
        receiveElements = c.max_recv_sge
        inlineData = c.max_inline_data
    }

    var c: ibv_qp_cap {
        ibv_qp_cap(
            max_send_wr: sendWorkRequests, max_recv_wr: receiveWorkRequests, max_send_sge: sendElements,
            max_recv_sge: receiveElements, max_inline_data: inlineData)
    }
}
