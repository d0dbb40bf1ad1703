// TransferResult.swift - how a copy between two processes ended.

/// How a copy between two processes ended.
enum TransferResult {
    case moved
    /// This process's own memory could not be touched.
    case localFault
    /// The target's memory could not be touched.
    case remoteFault
    /// The target process has ended, or may not be reached.
    case gone
}
