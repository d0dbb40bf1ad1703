// RDMAError+Refusals.swift - an error number of the device, told as object, rule and remedy.
//
// Owns: the words. Does not: decide anything; the rules stand in Verbs. Cold: nothing here runs unless something failed.

import Platform
import Verbs

extension RDMAError {
    /// What an error number means where nothing more is known.
    /// - Parameters:
    ///   - rule: what the call demands of its arguments.
    ///   - remedy: what to change in them.
    init(_ object: Object, errno number: VerbsErrno, rule: String, remedy: String) {
        switch number {
        case .invalidArgument: self.init(object, .invalidArgument, rule: rule, remedy: remedy)
        case .noMemory, .tooManyDescriptors, .noSpace:
            self.init(
                object, .outOfResources, rule: "the device, the descriptors or the locked-memory allowance of this process are used up",
                remedy: "Let unused objects end, or raise the limits: `verbena doctor` shows them")
        case .notPermitted, .accessDenied:
            self.init(
                object, .notPermitted, rule: "the system forbids this to the process",
                remedy: "`verbena doctor` says what the machine allows, and what would help")
        case .notSupported, .notImplemented:
            self.init(object, .notSupported, rule: "the device does not do this", remedy: "See the support table in its documentation")
        case .noSuchDevice:
            self.init(object, .noDevice, rule: "the device belongs to the process that opened it", remedy: "Open it anew in this process")
        default:
            self.init(
                object, .system(number.rawValue), rule: SystemError.text(of: number.rawValue),
                remedy: "`verbena doctor` says what the machine allows")
        }
    }

    /// Throws for a request that was carried out and failed.
    @inline(never)
    static func throwWorkFailed(_ status: CompletionStatus, _ queuePair: QueuePairNumber, _ request: UInt64) throws(RDMAError) -> Never {
        let (rule, remedy) = words(for: status)
        throw Self(
            .queuePair, .workFailed(status), rule: "\(queuePair.rawValue), request \(request): \(rule) (\(status))", remedy: remedy)
    }

    /// What a status means, and what usually helps. The statuses that no device of this kind reports share one line.
    private static func words(for status: CompletionStatus) -> (rule: String, remedy: String) {
        switch status {
        case .success: ("the request succeeded", "Nothing is to be done")
        case .localLengthError:
            ("the message does not fit: too long, or longer than the receive it met", "Post larger receives, or send less")
        case .localQueuePairOperationError:
            ("the queue pair cannot do this operation", "Check the operation against the queue pair's type")
        case .localProtectionError:
            ("local memory is not registered for this use in this protection domain",
                "Keep the region alive until its request completes, with the rights it needs, in the queue pair's domain")
        case .flushedInError:
            ("the queue pair went into the error state before the request ran", "Look at the first failed completion; then connect anew")
        case .remoteInvalidRequest:
            ("the target cannot take this request", "Post receives that are long enough, and allow reads on its queue pair")
        case .remoteAccessError:
            ("the target's memory is not registered for this", "Check the range and the rights of its region and of its queue pair")
        case .remoteOperationError: ("the target failed while it carried the request out", "Look at the target's own completions")
        case .retryExceeded:
            ("the target did not answer", "Check that it is running and connected to this endpoint, or wait longer (`timeout`, `retryCount`)")
        case .receiverNotReadyRetryExceeded:
            ("the target had no receive posted", "Post receives before the peer sends, or retry for ever (`receiverNotReadyRetry` 7)")
        case .memoryWindowBindError: ("the memory window cannot be bound so", "Bind within a region that allows windows")
        default: ("the device reports a failure", "Destroy the queue pair and connect anew")
        }
    }
}
