// PostingDecision.swift - what becomes of a work request at the moment it is posted.
//
// Spec: IBA vol 1, 10.3.1 (what each state does with posted work).

/// What becomes of a work request at the moment it is posted.
@frozen
public enum PostingDecision: UInt8, Sendable {
    /// Take it; it is processed in turn.
    case execute
    /// Take it; it waits until the queue pair returns to RTS.
    case hold
    /// Take it, and complete it in error with `CompletionStatus.flushedInError`.
    case flush
    /// Do not take it: the post returns EINVAL.
    case refuse
}
