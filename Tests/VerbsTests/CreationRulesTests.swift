// CreationRulesTests.swift - every limit, at its edge and one beyond.

import Testing
import Verbs

private func error(_ body: () throws(VerbsErrno) -> Void) -> VerbsErrno? {
    do throws(VerbsErrno) {
        try body()
        return nil
    } catch { return error }
}

private func queuePairError(shared: Bool = false, _ edit: (inout QueuePairCapabilities) -> Void) -> VerbsErrno? {
    var capabilities = QueuePairCapabilities()
    edit(&capabilities)
    let value = capabilities
    return error { () throws(VerbsErrno) in
        try CreationRules.checkQueuePair(value, usesSharedReceiveQueue: shared, limits: .standard)
    }
}

@Test func queuePairsUpToTheLimitAndNotOneMore() {
    let edges: [(UInt32, WritableKeyPath<QueuePairCapabilities, UInt32>, receive: Bool)] = [
        (16384, \.sendWorkRequests, false), (16384, \.receiveWorkRequests, true), (32, \.sendElements, false),
        (32, \.receiveElements, true), (1024, \.inlineData, false),
    ]
    for (limit, path, receive) in edges {
        for value in [0, 1, limit - 1, limit] { #expect(queuePairError { $0[keyPath: path] = value } == nil) }
        for value in [limit + 1, 1 << 30, 1 << 31, .max] {
            #expect(queuePairError { $0[keyPath: path] = value } == .invalidArgument)
            #expect(queuePairError(shared: true) { $0[keyPath: path] = value } == (receive ? nil : .invalidArgument))
        }
    }
}

@Test func completionQueuesUpToTheLimitAndNotOneMore() {
    let limit = 4_194_303
    for entries in [Int.min, -1, 0, 1, 2, limit, limit + 1, .max] {
        for vector in [Int.min, -1, 0, 3, 4, .max] {
            let valid = entries >= 1 && entries <= limit && vector >= 0 && vector < 4
            let got = error { () throws(VerbsErrno) in
                try CreationRules.checkCompletionQueue(entries: entries, vector: vector, limits: .standard)
            }
            #expect(got == (valid ? nil : .invalidArgument))
        }
        for occupied in [0, 1, 2, limit] {
            let valid = entries >= max(1, occupied) && entries <= limit
            let got = error { () throws(VerbsErrno) in
                try CreationRules.checkResize(entries: entries, occupied: occupied, limits: .standard)
            }
            #expect(got == (valid ? nil : .invalidArgument))
        }
    }
}

@Test func sharedReceiveQueuesUpToTheLimitAndNotOneMore() {
    for requests in [0, 1, 32767, 32768, .max] as [UInt32] {
        for elements in [0, 1, 32, 33, .max] as [UInt32] {
            let valid = requests >= 1 && requests <= 32767 && elements <= 32
            let got = error { () throws(VerbsErrno) in
                try CreationRules.checkSharedReceiveQueue(
                    workRequests: requests, elements: elements, limits: .standard)
            }
            #expect(got == (valid ? nil : .invalidArgument))
        }
        for limit in [0, 1, 32767, .max] as [UInt32] {
            let got = error { () throws(VerbsErrno) in
                try CreationRules.checkSharedReceiveQueueLimit(limit, workRequests: requests)
            }
            #expect(got == (limit <= requests ? nil : .invalidArgument))
        }
    }
}

@Test func aFullDeviceIsOutOfMemory() {
    for (existing, expected) in [(0, nil), (6, nil), (7, VerbsErrno.noMemory), (8, .noMemory)] as [(UInt32, VerbsErrno?)] {
        let got = error { () throws(VerbsErrno) in try CreationRules.checkRoom(existing: existing, maximum: 7) }
        #expect(got == expected)
    }
}
