// HostWorld.swift - the processes and files of one scenario, alive on the running kernel.
//
// Owns: making the first state, carrying out statements, looking at page maps, and the end of everything that was made.
// Does not: know what a kernel should answer (`HostRun` asks the model).
import CHostActor
import KernelMemory
import Litmus
import Platform

/// One scenario's processes on the running kernel.
struct HostWorld: ~Copyable {
    private let nursery: HostNursery
    private let scenario: Scenario
    private let grid: HostGrid
    private let table: HostCommandTable
    private let device: HostDevice
    /// The process in each slot, 0 for none.
    private var processes = [Int32](repeating: 0, count: Bounds.processes)

    /// Makes the scenario's first state.
    init(_ nursery: HostNursery, _ plan: HostPlan) throws(HostFailure) {
        self.nursery = nursery
        scenario = plan.scenario
        grid = plan.grid
        table = HostCommandTable(scenario: plan.scenario, grid: plan.grid)
        device = plan.device
        if grid.isScaled, HostMemory.hugePagesComeUnasked {
            throw HostFailure(
                description: "huge pages where they are asked for alone (/sys/kernel/mm/transparent_hugepage/enabled: madvise)", isLack: true)
        }
        do throws(HostFailure) {
            try makeObjects()
            for index in scenario.processes.indices where scenario.initial.lives(ProcessID(index)) { try makeProcess(index) }
            for index in scenario.processes.indices where processes[index] != 0 && isLimited(index) { try setLimit(index) }
        } catch {
            end()
            throw error
        }
    }

    /// Carries out one statement.
    mutating func perform(_ operation: Operation) throws(HostFailure) -> Outcome {
        guard let command = HostCommand(operation, table) else { return .ok }
        guard let process = command.process else { return HostOutcome.of(try nursery.ask(command.packet), operation.kind) }
        if operation.kind == .mergeSame { return try merge(operation) }
        if operation.kind == .exit {
            try finish(process.index)
            return .ok
        }
        // Rings and pipes end with their process.
        guard processes[process.index] != 0 else { return .remoteAccessError }
        let reply = try nursery.ask(slot: process.index, command.packet)
        if operation.kind == .pin, reply.error != 0, reply.value == VERBENA_HOST_NO_ROOM {
            throw HostFailure(description: lackOfRoom(for: operation, reply.error), isLack: true)
        }
        if operation.kind == .fork, reply.error == 0 {
            processes[operation.argument] = try nursery.awaitBirth(slot: operation.argument).process
            try openDevice(operation.argument)
        }
        let outcome = HostOutcome.of(reply, operation.kind)
        guard outcome == .ok, operation.kind.pagesOut else { return outcome }
        return try isPagedOut(operation) ? .ok : .busy
    }

    /// Both pages are offered; whether they became one their frames tell.
    private func merge(_ operation: Operation) throws(HostFailure) -> Outcome {
        let pages = [(operation.process.index, operation.page), (operation.second, PageNumber(operation.argument))]
        if try shareFrame(pages) { return .tryAgain }
        for (process, page) in pages where processes[process] != 0 { _ = try nursery.ask(slot: process, table.offer(page)) }
        let reply = try nursery.ask(Self.packet(VERBENA_HOST_MERGE))
        guard reply.error == 0 else {
            throw HostFailure(description: "merging of equal pages (/sys/kernel/mm/ksm): \(SystemError.text(of: reply.error))", isLack: true)
        }
        return try shareFrame(pages) ? .ok : .tryAgain
    }

    private func shareFrame(_ pages: [(process: Int, page: PageNumber)]) throws(HostFailure) -> Bool {
        var entries: [PageMap.Entry] = []
        for (process, page) in pages {
            guard let found = try frames(of: process) else { return false }
            entries.append(found[page.index])
        }
        return entries[0].isPresent && entries[1].isPresent && entries[0].frame == entries[1].frame
    }

    private func lackOfRoom(for operation: Operation, _ error: Int32) -> String {
        operation.flags.contains(.fixedBuffer)
            ? "io_uring: \(SystemError.text(of: error))" : "two pins at once: the kernel's test of pins holds one range at a time"
    }

    /// madvise(2) says nothing of pages that stayed.
    private func isPagedOut(_ operation: Operation) throws(HostFailure) -> Bool {
        guard let entries = try frames(of: operation.process.index) else { return true }
        let first = operation.page.index
        return entries[first..<first + operation.pageCount].allSatisfy { !$0.isPresent }
    }

    /// The frames behind a living process's pages; nil for a process that is not there.
    func frames(of process: Int) throws(HostFailure) -> [PageMap.Entry]? {
        guard processes[process] != 0 else { return nil }
        do throws(SystemError) {
            let map = try PageMap(pid: processes[process])
            if grid.isScaled {
                var entries: [PageMap.Entry] = []
                for page in 0..<Bounds.pages { entries += try map.entries(from: grid.address(page), count: 1) }
                return entries
            }
            let all = try map.entries(from: HostGrid.base, count: Int((grid.address(Bounds.pages) - HostGrid.base) / grid.pageBytes))
            return (0..<Bounds.pages).map { all[Int((grid.address($0) - HostGrid.base) / grid.pageBytes)] }
        } catch { throw HostFailure(description: "\(error)") }
    }

    /// The areas of a living process's pages, and its charges in pages; nil for a process that is not there.
    /// - Parameter expectedCharge: of io_uring to its user; nil where that is not to be asked.
    func space(of process: Int, expectedCharge: Int?) throws(HostFailure) -> HostSight.Space? {
        let pid = processes[process]
        guard pid != 0, let charges = AreaMap.charges(pid: pid) else { return nil }
        guard let areas = AreaMap.areas(pid: pid, from: HostGrid.base, to: grid.address(Bounds.pages)) else { return nil }
        return HostSight.Space(
            areas: AreaSketch(areas, grid), locked: grid.pages(kibibytes: charges.locked),
            pinned: grid.pages(kibibytes: charges.pinned, without: device.ownPages), charged: try charge(of: process, expectedCharge))
    }

    private func charge(of process: Int, _ expected: Int?) throws(HostFailure) -> Int? {
        guard let expected else { return nil }
        let basePages = Int(grid.pageBytes / HostGrid.basePageBytes)
        let reply = try nursery.ask(slot: process, Self.packet(VERBENA_HOST_READ_CHARGE, argument: Int64(expected * basePages)))
        return reply.error == 0 ? Int(reply.value) / basePages : nil
    }

    /// Pages that living processes have pinned for the device's own use.
    var ownPins: Int { device.ownPages * processes.count { $0 != 0 } }

    /// Ends every process and forgets every object.
    mutating func end() {
        for slot in processes.indices where processes[slot] != 0 { try? finish(slot) }
        _ = try? nursery.ask(Self.packet(VERBENA_HOST_RESET))
    }

    /// A process has ended when its last page has gone: its descriptor tells.
    private mutating func finish(_ slot: Int) throws(HostFailure) {
        let pid = processes[slot]
        processes[slot] = 0
        let descriptor = try? ProcessDescriptor(pid: pid)
        _ = try nursery.ask(slot: slot, Self.packet(VERBENA_HOST_QUIT))
        if let descriptor { while descriptor.isAlive() { Clock.sleep(nanoseconds: 20_000) } }
    }

    // MARK: The first state

    static func packet(
        _ kind: verbena_host_command_kind, slot: Int = -1, address: UInt64 = 0, length: UInt64 = 0, argument: Int64 = 0
    ) -> verbena_host_command {
        verbena_host_command(
            kind: kind.rawValue, slot: Int32(slot), address: address, length: length, offset: 0, argument: argument, second: 0)
    }

    private func expect(_ reply: HostNursery.Reply, _ what: String) throws(HostFailure) {
        guard reply.error == 0, reply.signal == 0 else {
            throw HostFailure(description: "\(scenario.name): \(what): \(SystemError.text(of: reply.error))")
        }
    }

    private func makeObjects() throws(HostFailure) {
        for (index, object) in scenario.objects.enumerated() {
            let kind = scenario.initial.backing(BackingPage(object.first)).kind
            let bytes = grid.bytes(object.count)
            let make = Self.packet(VERBENA_HOST_MAKE_OBJECT, slot: index, length: bytes, argument: Self.code(of: kind))
            try expect(nursery.ask(make), "object \(object.name)")
            // What a controller lends is there once it is mapped.
            if kind == .peerToPeer { continue }
            for page in 0..<object.count {
                let stored = scenario.initial.backing(BackingPage(object.first + page)).stored
                let fill = Self.packet(VERBENA_HOST_FILL_OBJECT, slot: index, address: grid.bytes(page), argument: Int64(stored))
                let filled = try nursery.ask(fill)
                if kind == .hugePages, filled.error == 12 { throw Self.noHugetlbPages }
                try expect(filled, "contents of \(object.name)")
            }
        }
    }

    private static let noHugetlbPages = HostFailure(description: "hugetlb pages: none is free (/proc/sys/vm/nr_hugepages)", isLack: true)

    private func isHugeFile(_ mapping: KernelMemory.Mapping) -> Bool {
        guard let backing = mapping.backing else { return false }
        return scenario.initial.backing(backing).kind == .hugePages
    }

    private static func code(of kind: BackingKind) -> Int64 {
        switch kind {
        case .trackedFile: 1
        case .peerToPeer: 2
        case .hugePages: 3
        default: 0
        }
    }

    private mutating func makeProcess(_ slot: Int) throws(HostFailure) {
        try expect(nursery.ask(Self.packet(VERBENA_HOST_START, slot: slot)), "process \(scenario.processes[slot])")
        processes[slot] = try nursery.awaitBirth(slot: slot).process
        try openDevice(slot)
        let process = ProcessID(slot)
        var page = 0
        while page < Bounds.pages {
            guard let layout = scenario.initial.layout(process, PageNumber(page)) else {
                page += 1
                continue
            }
            let last = lastPage(of: process, from: page, layout)
            try makeArea(slot, page...last, layout)
            page = last + 1
        }
        guard isLimited(slot) else { return }
        let packet = Self.packet(VERBENA_HOST_BECOME_LIMITED, argument: Int64(scenario.initial[.process(process, .user)]))
        try expect(nursery.ask(slot: slot, packet), "capabilities of \(scenario.processes[slot])")
    }

    private func isLimited(_ slot: Int) -> Bool { scenario.initial[.process(ProcessID(slot), .lockLimit)] != KernelState.unlimited }

    /// After every process has what the device needs: users may be charged for that.
    private func setLimit(_ slot: Int) throws(HostFailure) {
        let limit = scenario.initial[.process(ProcessID(slot), .lockLimit)]
        // A limit of nothing forbids registering altogether.
        let ownBytes = UInt64(device.ownPages) * HostGrid.basePageBytes
        let packet = Self.packet(VERBENA_HOST_LIMIT, length: limit == 0 ? 0 : grid.bytes(limit) + ownBytes)
        let reply = try nursery.ask(slot: slot, packet)
        if reply.error == 1 {
            throw HostFailure(description: "a limit of \(packet.length >> 10) KiB: above the hard limit here (ulimit -H -l)", isLack: true)
        }
        try expect(reply, "limit of \(scenario.processes[slot])")
    }

    private func openDevice(_ slot: Int) throws(HostFailure) {
        guard device == .verbs else { return }
        try expect(nursery.ask(Self.packet(VERBENA_HOST_START_PEER, slot: slot)), "the peer of \(scenario.processes[slot])")
        let reply = try nursery.ask(slot: slot, Self.packet(VERBENA_HOST_OPEN_DEVICE))
        guard reply.error == 0 else {
            throw HostFailure(description: "no verbs device can be opened: \(SystemError.text(of: reply.error))", isLack: true)
        }
        nursery.notePeer(of: slot)
    }

    /// The last page that one call can map together with this one.
    private func lastPage(of process: ProcessID, from page: Int, _ layout: PageLayout) -> Int {
        var last = page
        while last + 1 < Bounds.pages, let next = scenario.initial.layout(process, PageNumber(last + 1)), !next.startsArea {
            last += 1
        }
        return last
    }

    /// The kernel gives small pages where it finds no huge ones.
    private func checkHuge(_ slot: Int, _ pages: ClosedRange<Int>, _ name: String) throws(HostFailure) {
        let first = grid.address(pages.lowerBound)
        let areas = AreaMap.areas(pid: processes[slot], from: first, to: grid.address(pages.upperBound + 1)) ?? []
        guard areas.reduce(0, { $0 + $1.hugeKibibytes }) < Int(grid.bytes(pages.count) / 1024) else { return }
        throw HostFailure(
            description: "huge pages: the kernel gives small ones (/sys/kernel/mm/transparent_hugepage, or memory is short)", isLack: true)
    }

    /// What a page is filled with once it is mapped.
    private func content(_ process: ProcessID, _ page: PageNumber) -> Int? {
        guard let layout = scenario.initial.layout(process, page) else { return nil }
        guard let backing = layout.mapping.backing, scenario.initial.backing(backing).kind == .peerToPeer else { return layout.content }
        return scenario.initial.backing(backing).stored
    }

    private func makeArea(_ slot: Int, _ pages: ClosedRange<Int>, _ layout: PageLayout) throws(HostFailure) {
        let name = scenario.pageName(ProcessID(slot), PageNumber(pages.lowerBound))
        // Readable, and writable where that can ever be.
        let isReadOnly = !layout.flags.contains(.mayWrite)
        let rights: Int64 = isReadOnly ? 1 : 3
        guard let map = table.area(pages.lowerBound, pages.count, rights, layout.mapping, isReadOnly: isReadOnly) else {
            throw HostFailure(description: "\(name) maps nothing that this machine has")
        }
        let mapped = try nursery.ask(slot: slot, map)
        if mapped.error != 0, layout.mapping == .hugetlb || isHugeFile(layout.mapping) { throw Self.noHugetlbPages }
        try expect(mapped, "mapping of \(name)")
        if layout.mapping == .anonymousHuge {
            try expect(nursery.ask(slot: slot, table.hugeAdvice(pages.lowerBound, pages.count)), "MADV_HUGEPAGE of \(name)")
        }
        for page in pages {
            guard let content = content(ProcessID(slot), PageNumber(page)) else { continue }
            let fill = Self.packet(
                VERBENA_HOST_WRITE, address: grid.address(page), length: grid.pageBytes, argument: Int64(content))
            try expect(nursery.ask(slot: slot, fill), "contents of \(name)")
        }
        if layout.mapping == .anonymousHuge, layout.content != nil { try checkHuge(slot, pages, name) }
        var change = map
        if layout.flags.isDisjoint(with: .write) {
            change.kind = VERBENA_HOST_PROTECT.rawValue
            change.argument = 1
            try expect(nursery.ask(slot: slot, change), "rights of \(name)")
        }
        if layout.flags.contains(.dontCopy) {
            change.kind = VERBENA_HOST_ADVISE.rawValue
            change.argument = 10
            try expect(nursery.ask(slot: slot, change), "MADV_DONTFORK of \(name)")
        }
    }
}
