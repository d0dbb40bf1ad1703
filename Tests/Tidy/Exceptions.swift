// Exceptions.swift - the few places that a rule lets be, each with its reason.

/// What is allowed by name. A listed place that no longer needs it is a failure too.
enum Exceptions {
    /// Files outside the unsafe modules that may hold unsafe code.
    static let unsafeFiles: Set<String> = [
        "Sources/Fabric/Agent.swift",
        "Sources/Fabric/MappedRegion.swift",
        "Sources/Fabric/Member.swift",
        "Sources/Fabric/ObservedObjects.swift",
        "Sources/Fabric/OwnerWord.swift",
        "Sources/Fabric/Peer.swift",
        "Sources/Fabric/PeerDirectory.swift",
        "Sources/Fabric/ReceiveSlot.swift",
        "Sources/Fabric/SegmentView.swift",
        "Sources/Fabric/SharedRecord.swift",
        "Sources/Fabric/SharedWord32.swift",
        "Sources/Fabric/SharedWord64.swift",
        "Sources/Device/CompletionQueue+Poll.swift",
        "Sources/Device/CompletionQueue+Settle.swift",
        "Sources/Device/CompletionQueue.swift",
        "Sources/Device/DeviceProcess.swift",
        "Sources/Device/FixedBuffer.swift",
        "Sources/Device/InheritedDescriptors.swift",
        "Sources/Device/ObjectTable.swift",
        "Sources/Device/PendingSends.swift",
        "Sources/Device/QueuePair+Datagram.swift",
        "Sources/Device/QueuePair+Deliver.swift",
        "Sources/Device/QueuePair+Execute.swift",
        "Sources/Device/QueuePair+OneSided.swift",
        "Sources/Device/QueuePair+Poll.swift",
        "Sources/Device/QueuePair+PostBatch.swift",
        "Sources/Device/QueuePair+PostReceive.swift",
        "Sources/Device/QueuePair+PostSend.swift",
        "Sources/Device/QueuePair+Transfer.swift",
        "Sources/Device/QueuePair.swift",
        "Sources/Device/ReceiveShadows.swift",
        "Sources/Device/SendBatch.swift",
        "Sources/Device/SendRequest.swift",
        "Sources/Device/SharedReceiveQueue.swift",
        "Sources/Litmus/StateTable.swift",
        "Sources/RDMA/CompletionChannel.swift",
        "Sources/RDMA/CompletionQueue.swift",
        "Sources/RDMA/Completions.swift",
        "Sources/RDMA/EventThread.swift",
        "Sources/RDMA/MemoryRegion+Bytes.swift",
        "Sources/RDMA/MemoryRegion.swift",
        "Sources/RDMA/QueuePair+Datagram.swift",
        "Sources/RDMA/QueuePair+Post.swift",
        "Sources/RDMA/QueuePair+Receive.swift",
        "Sources/RDMA/ScatterGatherList.swift",
        "Sources/RDMA/SharedReceiveQueue.swift",
        "Sources/RDMA/SharedReceiveShare.swift",
        "Sources/verbena/LitmusFiles.swift",
    ]

    /// Functions that may be long: "path: name" to the reason.
    static let longFunctions: [String: String] = [:]
}
