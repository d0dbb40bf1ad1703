// SharedReceiveQueueExtension.swift - what a shared receive queue of extended connections has beyond a plain one.

/// The domain whose targets may deliver here, and where the completions go.
struct SharedReceiveQueueExtension {
    let domain: XRCDomain
    let completionQueue: CompletionQueue
}
