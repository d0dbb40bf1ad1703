// TransferVerdict.swift - why an agent did not copy.

/// Why an agent did not copy.
public enum TransferVerdict: UInt32, Sendable {
    /// No live key or posted receive covers it.
    case refused = 1
    /// The memory could not be touched.
    case fault = 2
}
