// PingpongCases.swift - the example programs of rdma-core.

/// ibv_{rc,uc,ud,srq}_pingpong, polling, with events, and with every received byte checked; ibv_rc_pingpong over the
/// extended interfaces, device memory and on-demand registrations too.
enum PingpongCases {
    static let all: [PairCase] = plain + extended + extendedConnections

    private static let plain = LinkLayer.allCases.flatMap { link in
        ["rc", "uc", "ud", "srq"].flatMap { kind in
            [[], ["-e"], ["-c"], ["-e", "-c", "-s", "65536"]].compactMap { options in
                // A datagram is no longer than the path's MTU.
                kind == "ud" && options.contains("65536") ? nil : pingpong(kind, options, link)
            }
        }
    }

    /// Not -t with -e: the program takes an event whose completion it has polled already for an error.
    private static let extended = LinkLayer.allCases.flatMap { link in
        [
            ["-N"], ["-N", "-c", "-e"], ["-t"], ["-t", "-N", "-c"], ["-j"], ["-j", "-t", "-N", "-c"], ["-o", "-c"],
            ["-o", "-P", "-e", "-c"], ["-O", "-c"],
        ].map { pingpong("rc", $0, link) }
    }

    /// It counts tests for each client, and says no more than that they went well.
    private static let extendedConnections = LinkLayer.allCases.flatMap { link in
        [[], ["-e"], ["-s", "65536"]].map { options in
            let address = link == .ethernet ? ["-g", "1"] : []
            return PairCase(
                program: "ibv_xsrq_pingpong", arguments: ["-p", "PORT", "-n", "100"] + address + options, linkLayer: link,
                client: [.text("success")], server: [.text("success")])
        }
    }

    private static func pingpong(_ kind: String, _ options: [String], _ link: LinkLayer) -> PairCase {
        let iterations = 200
        // An Ethernet port has no LID: the program must be told to address by GID.
        let address = link == .ethernet ? ["-g", "1"] : []
        let done = Expectation.pingpong(iterations: iterations)
        return PairCase(
            program: "ibv_\(kind)_pingpong", arguments: ["-p", "PORT", "-n", String(iterations)] + address + options,
            linkLayer: link, client: [done], server: [done])
    }
}
