// TextTests.swift - endpoints and remote memory as text, there and back; and text that is neither.

import RDMA
import Testing

struct TextTests {
    @Test func endpointsSurviveText() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            let endpoint = Endpoint(
                queuePair: QueuePairNumber(rawValue: .random(in: 0...0xff_ffff)), packetSequenceNumber: generator.next(),
                localIdentifier: generator.next(),
                globalIdentifier: GlobalIdentifier(subnetPrefix: generator.next(), interfaceID: generator.next()),
                queueKey: generator.next())
            #expect(Endpoint(endpoint.description) == endpoint)
            #expect(!endpoint.description.contains(" "))
        }
    }

    @Test func remoteMemorySurvivesText() {
        for (address, byteCount, key) in [(0, 0, 0), (UInt64.max, Int.max, UInt32.max), (0x7f00_1000, 4096, 0x501)] as [(UInt64, Int, UInt32)] {
            let memory = RemoteMemory(address: address, byteCount: byteCount, key: MemoryKey(rawValue: key))
            #expect(RemoteMemory(memory.description) == memory)
        }
    }

    @Test(arguments: [
        "", "-", "hello", "1-2-3-4-5", "1-2-3-4-5-6-7", "1-2-3-4-5-", "+1-2-3-4-5-6", "1--3-4-5-6", " 1-2-3-4-5-6", "1-2-3-4-5-6\n",
        "1000000-2-3-4-5-6", "1-1000000-3-4-5-6", "1-2-10000-4-5-6", "1-2-3-10000000000000000-5-6", "1-2-3-4-5-100000000", "x-2-3-4-5-6",
    ])
    func whatIsNoEndpointIsNone(text: String) { #expect(Endpoint(text) == nil) }

    @Test(arguments: ["", "1-2", "1-2-3-4", "1-2-100000000", "1-8000000000000000-3", "-1-2-3", "1-2-٣"])
    func whatIsNoRemoteMemoryIsNone(text: String) { #expect(RemoteMemory(text) == nil) }
}
