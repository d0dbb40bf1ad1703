// PerftestCases.swift - every ib_* tool of perftest over every transport that it allows.

/// The tools by operation, what each can be asked for, and what it then prints.
enum PerftestCases {
    static let all: [PairCase] = latency + bandwidth + infiniband + extended + extendedConnections

    private static let operations: [(name: String, transports: [String])] = [
        ("send", ["RC", "UC", "UD"]), ("write", ["RC", "UC"]), ("read", ["RC"]), ("atomic", ["RC"]),
    ]

    private static let latency = operations.flatMap { operation in
        operation.transports.flatMap { transport in
            options(operation.name, transport, inLatency: true).map { tool(operation.name, "lat", transport, $0) }
        }
    }

    private static let bandwidth = operations.flatMap { operation in
        operation.transports.flatMap { transport in
            options(operation.name, transport, inLatency: false).map { tool(operation.name, "bw", transport, $0) }
        }
    }

    /// The other link layer needs one run of each tool: only addressing differs.
    private static let infiniband = operations.flatMap { operation in
        operation.transports.flatMap { transport in
            ["lat", "bw"].map { tool(operation.name, $0, transport, [], .infiniband) }
        }
    }

    /// The tools use the extended send interface, and inline data unasked, only with devices whose part number they know.
    private static let extended = operations.flatMap { operation in
        operation.transports.flatMap { transport in
            ["lat", "bw"].flatMap { measure in
                extendedOptions(operation.name, measure).map { options in
                    var pair = tool(operation.name, measure, transport, options)
                    // ConnectX-5.
                    pair.environment["VERBENA_VENDOR_PART"] = "4119"
                    return pair
                }
            }
        }
    }

    /// Extended reliable connections: each operation, over the plain interface and the extended one.
    private static let extendedConnections = operations.flatMap { operation in
        ["lat", "bw"].flatMap { measure in
            ["", "4119"].map { part in
                var pair = tool(operation.name, measure, "XRC", [])
                if !part.isEmpty { pair.environment["VERBENA_VENDOR_PART"] = part }
                return pair
            }
        }
    } + [tool("send", "bw", "XRC", ["-q", "16"]), tool("send", "lat", "XRC", ["-e"]), tool("send", "lat", "XRC", [], .infiniband)]

    private static func extendedOptions(_ operation: String, _ measure: String) -> [[String]] {
        if measure == "lat" { return [[]] }
        return operation == "write" || operation == "send" ? [["-l", "8"], ["-I", "64", "-s", "64"]] : [["-l", "8"]]
    }

    private static func options(_ operation: String, _ transport: String, inLatency: Bool) -> [[String]] {
        var options: [[String]] = [[]]
        if operation != "atomic" { options += [["-a"], ["-s", "1"]] }
        // A write leaves no completion at its target: the tools offer no events for it.
        if operation != "write" { options.append(["-e"]) }
        if operation == "write" || operation == "send" { options.append(["-I", "64", "-s", "64"]) }
        if operation == "send" && transport != "UC" { options.append(["--use-srq"]) }
        if operation == "atomic" { options.append(["-A", "CMP_AND_SWAP"]) }
        if !inLatency { options += [["-b"], ["-q", "16"], ["-l", "8"], ["-q", "16", "-b"], ["-Q", "1"]] }
        return options
    }

    private static func tool(
        _ operation: String, _ measure: String, _ transport: String, _ options: [String], _ link: LinkLayer = .ethernet
    ) -> PairCase {
        // On a busy machine each exchange costs two turns of the scheduler: few suffice, where there are many sizes. Post
        // lists want a multiple of their length.
        let iterations = options.contains("-a") ? 16 : 96
        let sizes = sizes(operation, transport, options, measure)
        let isChosen = transport == "XRC" || operation != "atomic" && operation != "read"
        let connection = isChosen ? ["-c", transport] : []
        return PairCase(
            program: "ib_\(operation)_\(measure)",
            arguments: ["-F", "-p", "PORT", "-n", String(iterations)] + connection + options,
            linkLayer: link, client: [.perftest(sizes: sizes, iterations: iterations)],
            pinned: options.contains("-a") ? 64 << 20 : 4 << 20)
    }

    /// The sizes that the tool will print a row for.
    private static func sizes(_ operation: String, _ transport: String, _ options: [String], _ measure: String) -> [Int] {
        if operation == "atomic" { return [8] }
        if let given = options.firstIndex(of: "-s") { return [Int(options[given + 1]) ?? 0] }
        guard options.contains("-a") else { return measure == "lat" ? [2] : [transport == "UD" ? 4096 : 65536] }
        // From 2 bytes in powers of two to 8 MiB, or to the path's MTU where a message is one datagram.
        return (1...(transport == "UD" ? 12 : 23)).map { 1 << $0 }
    }
}
