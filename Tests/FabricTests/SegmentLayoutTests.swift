// SegmentLayoutTests.swift - the tables of a segment have room for what the device promises.

import Fabric
import Testing
import Verbs

@Test func theTablesHoldWhatTheDevicePromises() {
    let limits = DeviceLimits.standard
    #expect(SegmentLayout.queuePairCount == Int(limits.maxQueuePairs))
    #expect(SegmentLayout.completionQueueCount > Int(limits.maxCompletionQueues))
    #expect(SegmentLayout.sharedReceiveQueueCount == Int(limits.maxSharedReceiveQueues))
    #expect(SegmentLayout.keyCount >= Int(limits.maxMemoryRegions))
}
