// TransferResult.swift - how a copy between two processes ended.

/// How a copy between two processes ended.
enum TransferResult {
    case moved
    /// This process's own memory could not be touched.
    case localFault
    /// The target's memory could not be touched.
    case remoteFault
    /// The target process has ended, or did not answer this time.
    case gone
    /// Nor did it in all the time that the queue pair's retries take.
    case unanswered
}
