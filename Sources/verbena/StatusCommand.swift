// StatusCommand.swift - `verbena status`: the processes on this user's fabrics, and what they hold.
//
// Owns: the output. Does not: join a fabric or change anything; segments are mapped to be read only.
// Counterpart: rdma-resource(8).
import ArgumentParser
import Fabric
import Platform
import Verbs

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the processes on the fabric, and what they hold.",
        discussion: """
            Shown are this user's processes that have opened a device: their contexts, queue pairs (QP), completion \
            queues (CQ), shared receive queues (SRQ), memory regions (MR), the pages pinned for them, and how many \
            memory areas the process has of those that it may have (vm.max_map_count).

            Examples:
              verbena status
              verbena status --queue-pairs      each queue pair: number, type, state, peer, and who copies for it
              verbena status --pins             what registrations hold: ranges, and how many hold each
              verbena status --json
            """)

    @Option(help: ArgumentHelp("Show one fabric only.", valueName: "name"))
    var fabric: String?

    @Flag(help: "List each queue pair.")
    var queuePairs = false

    @Flag(help: "List the memory that registrations hold.")
    var pins = false

    @Flag(help: "Write JSON instead of a table.")
    var json = false

    func run() throws {
        let processes = FabricObserver.processes(fabric: fabric, withHolds: pins)
        if json {
            Output.json(.object([("processes", .array(processes.map { Self.json($0, queuePairs, pins) }))]))
        } else if processes.isEmpty {
            print("No process of this user is on \(fabric.map { "the fabric \"\($0)\"" } ?? "any fabric").")
        } else {
            Self.show(processes)
            if queuePairs { Self.showQueuePairs(processes) }
            if pins { Self.showPins(processes) }
        }
    }

    private static func show(_ processes: [ObservedProcess]) {
        var table = TextTable(["fabric", "PID", "program", "contexts", "QP", "CQ", "SRQ", "MR", "pinned pages", "areas"])
        for process in processes {
            let start = [process.fabric, Notation.processNumber(process.pid), process.name ?? (process.pid > 0 ? "(ended)" : "(PID namespace)")]
            guard let objects = process.objects else {
                table.add(start + [process.trouble ?? "", "", "", "", "", "", ""], style: .notable)
                continue
            }
            table.add(
                start + [
                    String(objects.contexts), String(objects.queuePairs.count), String(objects.completionQueues),
                    String(objects.sharedReceiveQueues), String(objects.memoryRegions), String(objects.pinnedPages),
                    areas(process).map { "\($0.used)/\($0.maximum)" } ?? "",
                ])
        }
        Output.table(table)
    }

    /// nil for a process that cannot be looked at from here.
    private static func areas(_ process: ObservedProcess) -> (used: Int, maximum: Int)? {
        process.pid > 0 ? MappedArea.budget(pid: process.pid) : nil
    }

    private static func showQueuePairs(_ processes: [ObservedProcess]) {
        var table = TextTable(["QP", "PID", "device", "type", "state", "peer", "copied by"])
        for process in processes {
            for queuePair in process.objects?.queuePairs ?? [] {
                table.add([
                    Notation.number(queuePair.number), Notation.processNumber(process.pid), "verbena\(queuePair.device)",
                    Notation.name(queuePair.type), Notation.name(queuePair.state),
                    queuePair.peer.map(Notation.number) ?? "-", Notation.name(queuePair.reach),
                ])
            }
        }
        print()
        Output.table(table)
    }

    private static func showPins(_ processes: [ObservedProcess]) {
        var table = TextTable(["first byte", "last byte", "pages", "registrations", "held", "PID", "program"])
        for process in processes {
            for hold in process.objects?.holds ?? [] {
                table.add([
                    Notation.address(hold.firstByte), Notation.address(hold.lastByte), String(hold.pages.count),
                    String(hold.registrations), hold.isByFrame ? "frames" : "addresses", Notation.processNumber(process.pid),
                    process.name ?? "(ended)",
                ])
            }
        }
        print()
        Output.table(table)
    }

    private static func json(_ hold: ObservedHold) -> JSONValue {
        .object([
            ("firstByte", .string(Notation.address(hold.firstByte))), ("pages", .number(hold.pages.count)),
            ("registrations", .number(UInt64(hold.registrations))), ("held", .string(hold.isByFrame ? "frames" : "addresses")),
        ])
    }

    private static func json(_ process: ObservedProcess, _ withQueuePairs: Bool, _ withPins: Bool) -> JSONValue {
        var members: [(key: String, value: JSONValue)] = [
            ("fabric", .string(process.fabric)), ("pid", .number(UInt64(process.pid))),
            ("program", JSONValue(process.name)), ("trouble", JSONValue(process.trouble)),
        ]
        if let objects = process.objects {
            members += [
                ("contexts", .number(UInt64(objects.contexts))),
                ("queuePairs", .number(UInt64(objects.queuePairs.count))),
                ("completionQueues", .number(UInt64(objects.completionQueues))),
                ("sharedReceiveQueues", .number(UInt64(objects.sharedReceiveQueues))),
                ("memoryRegions", .number(UInt64(objects.memoryRegions))),
                ("pinnedPages", .number(objects.pinnedPages)),
            ]
            if let areas = areas(process) {
                members += [("areas", .number(UInt64(areas.used))), ("areasMaximum", .number(UInt64(areas.maximum)))]
            }
            if withPins { members.append(("pinList", .array(objects.holds.map(json)))) }
            if withQueuePairs { members.append(("queuePairList", .array(objects.queuePairs.map(json)))) }
        }
        return .object(members)
    }

    private static func json(_ queuePair: ObservedQueuePair) -> JSONValue {
        .object([
            ("number", .number(UInt64(queuePair.number.rawValue))), ("device", .string("verbena\(queuePair.device)")),
            ("type", .string(Notation.name(queuePair.type))), ("state", .string(Notation.name(queuePair.state))),
            ("peer", queuePair.peer.map { .number(UInt64($0.rawValue)) } ?? .null),
            ("copiedBy", queuePair.reach == nil ? .null : .string(Notation.name(queuePair.reach))),
        ])
    }
}
