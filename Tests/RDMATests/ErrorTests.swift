// ErrorTests.swift - every kind of refusal: what is thrown, and that its words name object, rule and remedy.

import RDMA
import Testing

@Suite(.serialized)
struct ErrorTests {
    /// Expects one error, and that it tells something.
    private func expect(
        _ object: RDMAError.Object, _ kind: RDMAError.Kind, _ location: SourceLocation = #_sourceLocation,
        from body: () throws -> Void
    ) {
        do {
            try body()
            Issue.record("nothing was thrown", sourceLocation: location)
        } catch let error as RDMAError {
            #expect(error.object == object && error.kind == kind, "\(error)", sourceLocation: location)
            #expect(!error.rule.isEmpty && !error.remedy.isEmpty, sourceLocation: location)
            #expect(error.description.hasPrefix(object.rawValue + ": "), sourceLocation: location)
        } catch {
            Issue.record("\(error) is no RDMAError", sourceLocation: location)
        }
    }

    @Test func creationRefusals() throws {
        let device = try Device(), other = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue(), foreign = try other.makeCompletionQueue()
        expect(.device, .noDevice) { _ = try Device(named: "mlx5_0") }
        expect(.completionQueue, .invalidArgument) { _ = try device.makeCompletionQueue(capacity: 0) }
        expect(.completionQueue, .invalidArgument) { _ = try device.makeCompletionQueue(capacity: .max) }
        expect(.memoryRegion, .invalidArgument) { _ = try domain.makeMemoryRegion(byteCount: 0) }
        expect(.memoryRegion, .invalidArgument) { _ = try domain.makeMemoryRegion(byteCount: 8, access: .remoteWrite) }
        expect(.memoryRegion, .outOfResources) { _ = try domain.makeMemoryRegion(byteCount: .max / 2) }
        expect(.sharedReceiveQueue, .invalidArgument) { _ = try domain.makeSharedReceiveQueue(capacity: -1) }
        expect(.queuePair, .invalidArgument) { _ = try domain.makeQueuePair(completions: foreign) }
        var large = QueuePair.Configuration(.reliableConnection, completions: queue)
        large.capabilities.sendWorkRequests = device.limits.maxQueuePairWorkRequests + 1
        expect(.queuePair, .invalidArgument) { _ = try domain.makeQueuePair(large) }
    }

    @Test func stateRefusals() throws {
        let device = try Device()
        let domain = try device.makeProtectionDomain()
        let queue = try device.makeCompletionQueue()
        let region = try domain.makeMemoryRegion(byteCount: 64)
        let fresh = try domain.makeQueuePair(completions: queue)
        #expect(fresh.state == .reset && fresh.attributes.state == .reset)
        expect(.queuePair, .wrongState) { try fresh.postSend(region) }
        expect(.queuePair, .wrongState) { try fresh.postReceive(into: region) }
        expect(.queuePair, .invalidArgument) { try fresh.activate() }
        expect(.queuePair, .invalidArgument) { try fresh.connect(to: fresh.endpoint) { $0.pathMTU = 9 } }
        try fresh.modify(QueuePairAttributes(), .state)
        try fresh.connect(to: fresh.endpoint)
        #expect(fresh.state == .readyToSend && fresh.attributes.destinationQueuePair == fresh.number)
        expect(.queuePair, .wrongState) { try fresh.connect(to: fresh.endpoint) }
        var attributes = QueuePairAttributes()
        attributes.state = .readyToReceive
        expect(.queuePair, .invalidArgument) { try fresh.modify(attributes, .state) }
        let datagrams = try domain.makeQueuePair(.unreliableDatagram, completions: queue)
        expect(.queuePair, .invalidArgument) { try datagrams.connect(to: fresh.endpoint) }
    }

    @Test func postRefusals() throws {
        let pair = try ConnectedPair()
        let datagrams = try ConnectedPair(.unreliableDatagram)
        let handle = try pair.domain.makeAddressHandle(to: datagrams.b.endpoint)
        let remote = pair.far.remote
        expect(.remoteMemory, .invalidArgument) { try pair.a.postWrite(pair.near, to: remote[0..<10]) }
        expect(.remoteMemory, .invalidArgument) { try pair.a.postRead(into: pair.near, from: remote[0..<10]) }
        expect(.remoteMemory, .invalidArgument) { try pair.a.postFetchAndAdd(1, to: remote[0..<4], into: pair.near) }
        expect(.queuePair, .invalidArgument) { try pair.a.postSend(pair.near, to: handle) }
        expect(.queuePair, .invalidArgument) { try datagrams.a.postSend(pair.near) }
        expect(.queuePair, .invalidArgument) { try datagrams.a.postWrite(pair.near, 0..<8, to: remote) }
        let long = [UInt8](repeating: 1, count: 129)
        expect(.queuePair, .invalidArgument) { try pair.a.postSend(inline: long.span) }
        var list = ScatterGatherList(capacity: 5)
        for index in 0..<5 { list.append(pair.near, index..<index + 1) }
        let five = list
        expect(.queuePair, .invalidArgument) { try pair.a.postSend(gathering: five) }
        expect(.queuePair, .invalidArgument) { try pair.b.postReceive(scattering: five) }
        for _ in 0..<64 { try pair.b.postReceive(into: pair.far) }
        expect(.queuePair, .queueFull) { try pair.b.postReceive(into: pair.far) }
        for _ in 0..<64 { try pair.a.postSend(pair.near, 0..<1) }
        expect(.queuePair, .queueFull) { try pair.a.postSend(pair.near, 0..<1) }
    }

    /// What requests themselves fail with: the status, as the kind of the thrown error.
    @Test func failedWork() throws {
        func fails(_ status: CompletionStatus, _ location: SourceLocation = #_sourceLocation, _ post: (borrowing ConnectedPair) throws -> Void) throws {
            let pair = try ConnectedPair(access: .localWrite) {
                $0.receiverNotReadyRetry = 0
                $0.timeout = 8
                $0.retryCount = 1
            }
            try post(pair)
            let completion = try pair.queueA.await()
            #expect(!completion.isSuccess && completion.operation == nil, sourceLocation: location)
            expect(.queuePair, .workFailed(status), location) { try completion.requireSuccess() }
            #expect(pair.a.state == .error, sourceLocation: location)
            expect(.queuePair, .workFailed(.flushedInError), location) {
                try pair.a.postSend(pair.near, 0..<1)
                try pair.queueA.await().requireSuccess()
            }
        }
        try fails(.receiverNotReadyRetryExceeded) { try $0.a.postSend($0.near) }
        try fails(.remoteAccessError) { try $0.a.postWrite($0.near, to: $0.far.remote) }
        try fails(.remoteAccessError) { try $0.a.postRead(into: $0.near, from: $0.far.remote) }
        try fails(.localProtectionError) { try $0.a.postRead(into: $0.device.makeProtectionDomain().makeMemoryRegion(byteCount: 8), from: $0.far.remote) }
        try fails(.remoteInvalidRequest) {
            try $0.b.postReceive(into: $0.far, 0..<8)
            try $0.a.postSend($0.near, 0..<9)
        }
        try fails(.retryExceeded) {
            try $0.b.modify(QueuePairAttributes(), .state)
            try $0.a.postWrite($0.near, to: $0.far.remote)
        }
    }

    @Test func aFailureIsAnEventToo() async throws {
        let pair = try ConnectedPair(access: .localWrite)
        try pair.a.postWrite(pair.near, 0..<8, to: pair.far.remote)
        let event = await pair.device.nextEvent()
        #expect(event?.type == .queuePairAccessError && event?.subject == .queuePair(pair.b.number))
    }
}
