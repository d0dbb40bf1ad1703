// CompletionStatus.swift - how a work request ended.
//
// Spec: IBA vol 1, 11.6.2 (completion return status).   C: enum ibv_wc_status, same raw values.

/// How a work request ended.
@frozen
public enum CompletionStatus: UInt32, Sendable, CaseIterable {
    case success = 0
    case localLengthError
    case localQueuePairOperationError
    case localEndToEndContextOperationError
    case localProtectionError
    case flushedInError
    case memoryWindowBindError
    case badResponse
    case localAccessError
    case remoteInvalidRequest
    case remoteAccessError
    case remoteOperationError
    case retryExceeded
    case receiverNotReadyRetryExceeded
    case localReliableDatagramDomainViolation
    case remoteInvalidReliableDatagramRequest
    case remoteAborted
    case invalidEndToEndContextNumber
    case invalidEndToEndContextState
    case fatal
    case responseTimeout
    case generalError
}
