// StatusTests.swift - `verbena devices` and `verbena status`, on devices and processes that are really there.
import Device
import Glibc
import Platform
import Testing
import Verbs

@testable import Fabric
@testable import verbena

@Suite struct StatusTests {
    // MARK: devices

    @Test func devicesAreThoseOfTheCatalogue() throws {
        let run = try CommandRun.verbena(["devices"])
        #expect(run.status == 0)
        #expect(run.output.contains("verbena0") && run.output.contains("Ethernet"))
        #expect(run.output.contains("::ffff:127.0.0.1"))
        for entry in DeviceCatalogue.devices()[0].gids() { #expect(run.output.contains(Notation.gid(entry.gid))) }
    }

    @Test func devicesObeyTheOptionsOfRun() throws {
        let run = try CommandRun.verbena(
            ["devices", "--json", "--devices", "2", "--link-layer", "infiniband", "--vendor-part", "4123"])
        #expect(run.output.contains("\"name\": \"verbena1\""))
        #expect(!run.output.contains("verbena2") && !run.output.contains("Ethernet"))
        #expect(run.output.contains("\"lid\": 2,") && run.output.contains("\"vendorPartID\": 4123,"))
        #expect(try CommandRun.verbena(["devices", "--devices", "17"]).status == 64)
    }

    @Test func addressesAreWrittenAsUsual() {
        let linkLocal = GlobalIdentifier.linkLocal(interfaceID: 0x0200_00FF_FE01_0203)
        #expect(Notation.gid(linkLocal) == "fe80:0000:0000:0000:0200:00ff:fe01:0203")
        #expect(Notation.gid(.mapped(ipv4: 0xC0A8_0001)) == "::ffff:192.168.0.1")
        #expect(Notation.guid(1) == "0000:0000:0000:0001")
        #expect((1...5).map { Notation.bytes(ofMTU: $0) } == [256, 512, 1024, 2048, 4096])
        #expect(Notation.number(QueuePairNumber(rawValue: 0x1A)) == "0x00001a")
    }

    // MARK: status

    /// What the observer and the command say of this process and one queue pair of it.
    @Test func theProcessAndItsQueuePairAreShown() throws {
        let context = try DeviceContext.open(DeviceCatalogue.devices()[0])
        let domain = try context.allocateProtectionDomain()
        let queue = try context.createCompletionQueue(entries: 16, channel: nil, vector: 0)
        var capabilities = QueuePairCapabilities()
        capabilities.sendWorkRequests = 4
        capabilities.receiveWorkRequests = 4
        let queuePair = try domain.createQueuePair(
            type: .unreliableConnection, capabilities: capabilities, sendQueue: queue, receiveQueue: queue,
            sharedReceiveQueue: nil, signalAll: false)
        var attributes = QueuePairAttributes()
        attributes.state = .initialized
        attributes.port = 1
        try queuePair.modify(attributes, mask: [.state, .partitionKeyIndex, .port, .accessFlags])

        let process = try #require(FabricObserver.processes().first { $0.pid == getpid() })
        #expect(process.trouble == nil && process.name == Host.processName(getpid()))
        let objects = try #require(process.objects)
        #expect(objects.contexts >= 1 && objects.completionQueues >= 1)
        let seen = try #require(objects.queuePairs.first { $0.number == queuePair.number })
        #expect(seen.type == .unreliableConnection && seen.state == .initialized && seen.peer == nil && seen.device == 0)

        let table = try CommandRun.verbena(["status", "--queue-pairs"])
        #expect(table.status == 0)
        let line = table.output.split(separator: "\n").first { $0.contains(Notation.number(queuePair.number)) }
        #expect(line.map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") } == "verbena0 UC INIT - -")
        let json = try CommandRun.verbena(["status", "--queue-pairs", "--json"])
        #expect(json.output.contains("\"pid\": \(getpid()),"))
        #expect(json.output.contains("\"number\": \(queuePair.number.rawValue),"))

        try queuePair.destroy()
        let after = FabricObserver.processes().first { $0.pid == getpid() }?.objects?.queuePairs
        #expect(after?.contains { $0.number == queuePair.number } == false)
        try queue.destroy()
    }

    /// Three registrations over each other, and what is not held at all.
    @Test func whatRegistrationsHoldIsShown() throws {
        let context = try DeviceContext.open(DeviceCatalogue.devices()[0])
        let domain = try context.allocateProtectionDomain()
        let page = UInt64(Host.pageBytes)
        let mapping = try Mapping.privatePages(byteCount: Int(16 * page))
        let base = unsafe UInt64(UInt(bitPattern: mapping.base))
        func register(_ first: UInt64, _ bytes: UInt64, _ access: AccessFlags = []) throws -> MemoryRegion {
            try domain.registerMemory(address: base + first, byteCount: bytes, ioVirtualAddress: base + first, access: access)
        }
        func holds() -> [ObservedHold] {
            let own = FabricObserver.processes(withHolds: true).first { $0.pid == getpid() }?.objects?.holds ?? []
            return own.filter { $0.firstByte >= base && $0.lastByte < base + 16 * page }
        }
        func hold(_ first: UInt64, _ pages: UInt64, _ count: UInt32) -> ObservedHold {
            let first = PageSize.base4K.page(of: base + first * page)
            return ObservedHold(pages: PageRange(first: first, count: pages), registrations: count, isByFrame: false)
        }
        let regions = [
            try register(100, page), try register(page, 4 * page), try register(3 * page - 1, 2),
            try register(8 * page, page, .onDemand),
        ]
        #expect(holds() == [hold(0, 1, 1), hold(1, 3, 2), hold(4, 1, 1)])
        let output = try CommandRun.verbena(["status", "--pins"]).output
        let line = output.split(separator: "\n").first { $0.contains(Notation.address(base + 4 * page)) }
        #expect(line.map { $0.split(separator: " ").dropFirst(2).prefix(4).joined(separator: " ") } == "1 1 addresses \(getpid())")
        #expect(try CommandRun.verbena(["status", "--pins", "--json"]).output.contains("\"firstByte\": \"\(Notation.address(base))\""))
        for region in regions { try region.deregister() }
        #expect(holds().isEmpty)
    }

    /// From opening a device to being killed, stopped in between.
    @Test func anotherProgramComesAndGoes() throws {
        let fabric = "test-watch-\(getpid())"
        let output = try SharedFile()
        let pid = try CommandRun.start(
            ["run", "--fabric", fabric, "--", "ibv_asyncwatch"], [:], nil, output.number, output.number)
        func status() throws -> String { try CommandRun.verbena(["status", "--fabric", fabric]).output }
        func awaitStatus(_ condition: (String) -> Bool) throws {
            let end = Clock.monotonicNanoseconds() + 60_000_000_000
            while try !condition(status()) {
                try #require(Clock.monotonicNanoseconds() < end, "\(output.text)")
                Clock.sleep(nanoseconds: 10_000_000)
            }
        }
        defer { kill(pid, SIGKILL) }
        try awaitStatus { $0.contains(" \(pid) ") && $0.contains("ibv_asyncwatch") }
        let line = try status().split(separator: "\n").last ?? ""
        let numbers = line.split(separator: " ").dropFirst(3)
        #expect(numbers.dropLast().joined(separator: " ") == "1 0 0 0 0 0", "one context, no more")
        let areas = try #require(numbers.last).split(separator: "/").compactMap { Int($0) }
        #expect(areas.count == 2 && areas[0] > 10 && areas[1] == MappedArea.maximumCount, "\(areas)")
        kill(pid, SIGSTOP)
        try awaitStatus { $0.contains("does not answer (stopped?)") }
        kill(pid, SIGCONT)
        try awaitStatus { !$0.contains("does not answer") }
        kill(pid, SIGKILL)
        #expect(try CommandRun.wait(pid).signal == SIGKILL)
        try awaitStatus { $0.hasPrefix("No process") }
    }

    @Test func nobodyIsOnAnEmptyFabric() throws {
        let run = try CommandRun.verbena(["status", "--fabric", "nobody-is-here"])
        #expect(run.status == 0)
        #expect(run.output == "No process of this user is on the fabric \"nobody-is-here\".\n")
        let json = try CommandRun.verbena(["status", "--fabric", "nobody-is-here", "--json"])
        #expect(json.output == "{\n  \"processes\": []\n}\n")
    }

    /// Somebody who holds a name of the fabric and answers as `answer` does.
    private func observed(
        _ fabric: String, answer: @escaping @Sendable (borrowing LocalSocket) throws -> Void
    ) throws -> ObservedProcess? {
        let holder = try NameHolder("verbena/\(fabric)/\(geteuid())/7", answer: answer)
        let found = FabricObserver.processes(fabric: fabric)
        #expect(holder.end())
        #expect(found.count <= 1)
        return found.first
    }

    private static func hello() -> [UInt8] { Hello(holder: HolderIdentity(rawValue: 1 << 48), pid: getpid(), segmentAddress: 0).encoded() }

    @Test func aProcessThatDoesNotAnswerIsShownAsSuch() throws {
        let process = try #require(try observed("test-silent") { _ in })
        #expect(process.pid == getpid() && process.objects == nil)
        #expect(process.trouble == "does not answer (stopped?)")
    }

    @Test func anotherVersionIsShownAsSuch() throws {
        let file = try SharedMemory.create(byteCount: 4096).release()
        defer { _ = OwnedDescriptor(adopting: file) }
        let process = try observed("test-version") { try $0.send([1, 2, 3], descriptors: [file]) }
        #expect(process?.trouble == "speaks another version of Verbena")
    }

    @Test func aSegmentThatIsNoneIsShownAsSuch() throws {
        let file = try SharedMemory.create(byteCount: 4096).release()
        defer { _ = OwnedDescriptor(adopting: file) }
        let process = try observed("test-segment") { try $0.send(Self.hello(), descriptors: [file]) }
        #expect(process?.objects == nil)
        #expect(process?.trouble == "shares no valid segment")
        let empty = try SharedMemory.create(byteCount: SegmentLayout.byteCount).release()
        defer { _ = OwnedDescriptor(adopting: empty) }
        let blank = try observed("test-blank") { try $0.send(Self.hello(), descriptors: [empty]) }
        #expect(blank?.trouble == "shares no valid segment")
    }

    @Test func namesOfOtherUsersAndOfNobodyAreLeftAlone() throws {
        #expect(FabricName.parse("verbena/default/1000/1a").map { "\($0.fabric) \($0.user)" } == "default 1000")
        for name in ["verbena/default/1000", "verbena/default/x/1", "verbena/default/1000/zz", "verbena/a/b/1000/1", ""] {
            #expect(FabricName.parse(name) == nil, "\(name)")
        }
        let listener = try LocalSocket.listen(name: "verbena/test-others/\(geteuid() + 1)/7")
        #expect(FabricObserver.processes(fabric: "test-others").isEmpty, "\(listener.number)")
    }
}
