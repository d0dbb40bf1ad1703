// CompletionStatus.swift - how a work request ended.
//
// Spec: IBA vol 1, 11.6.2 (completion return status).   C: enum ibv_wc_status, same raw values.

/// How a work request ended.
@frozen
public enum CompletionStatus: UInt32, Sendable, CaseIterable {
    /// The request did what it asked for.
    case success = 0
    /// The message is too long, or longer than the receive it met.
    case localLengthError
    /// The queue pair cannot do this operation.
    case localQueuePairOperationError
    /// Reliable datagrams only; not reported by this device.
    case localEndToEndContextOperationError
    /// Local memory is not registered for this use in this protection domain.
    case localProtectionError
    /// The queue pair went into an error state before the request ran.
    case flushedInError
    /// A memory window cannot be bound so.
    case memoryWindowBindError
    /// The peer answered with something unexpected.
    case badResponse
    /// Local memory could not be written when a write with immediate arrived.
    case localAccessError
    /// The peer cannot take this request: its receive is too short, or the operation is not supported.
    case remoteInvalidRequest
    /// The peer's memory is not registered for this use.
    case remoteAccessError
    /// The peer failed while it carried the request out.
    case remoteOperationError
    /// The peer did not answer, however often it was asked.
    case retryExceeded
    /// The peer had no receive posted, however often it was asked.
    case receiverNotReadyRetryExceeded
    /// Reliable datagrams only; not reported by this device.
    case localReliableDatagramDomainViolation
    /// Reliable datagrams only; not reported by this device.
    case remoteInvalidReliableDatagramRequest
    /// The peer gave the operation up.
    case remoteAborted
    /// Reliable datagrams only; not reported by this device.
    case invalidEndToEndContextNumber
    /// Reliable datagrams only; not reported by this device.
    case invalidEndToEndContextState
    /// The device failed.
    case fatal
    /// An answer did not come in time.
    case responseTimeout
    /// Any other error.
    case generalError
}
