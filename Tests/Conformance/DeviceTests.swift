// DeviceTests.swift - what the device says of itself to rdma-core's own tools.

import Foundation
import Testing

extension Conformance {
    @Suite struct DeviceTests {
        @Test(arguments: User.available)
        func ibvDevicesListsTheDevice(user: User) throws {
            let names = try Self.deviceNames(as: user)
            #expect(names.count == 1)
        }

        @Test(arguments: User.available)
        func asManyDevicesAsAskedFor(user: User) throws {
            let names = try Self.deviceNames(as: user, environment: ["VERBENA_DEVICES": "2"])
            #expect(Set(names).count == 2)
            let described = try Conformance.run(["ibv_devinfo"], as: user, environment: ["VERBENA_DEVICES": "2"])
            for name in names { #expect(described.contains("hca_id:\t\(name)\n"), "\(described)") }
        }

        @Test(arguments: LinkLayer.allCases, User.available)
        func ibvDevinfoDescribesThePort(link: LinkLayer, user: User) throws {
            let output = try Conformance.run(["ibv_devinfo", "-v"], as: user, environment: link.environment)
            #expect(!output.contains("Failed"), "\(output)")
            let layer = link == .ethernet ? "Ethernet" : "InfiniBand"
            for line in ["transport:InfiniBand (0)", "state:PORT_ACTIVE (4)", "atomic_cap:ATOMIC_HCA (1)", "link_layer:\(layer)"] {
                #expect(output.filter { $0 != "\t" && $0 != "\n" }.contains(line), "no \(line) in\n\(output)")
            }
            // A port is addressed by GID 0 at least; an InfiniBand port also by a LID that is not 0.
            #expect(output.contains("GID[  0]:"), "\(output)")
            let hasLocalIdentifier = !output.contains("port_lid:\t\t0\n")
            #expect(hasLocalIdentifier == (link == .infiniband), "\(output)")
        }

        @Test(arguments: User.available)
        func ibvAsyncwatchWaitsForEvents(user: User) throws {
            // Its banner is buffered unless a terminal reads it, and it never ends by itself.
            let process = try Workplace.shared.get().start(["stdbuf", "-oL", "ibv_asyncwatch"], as: user)
            let greeted = waitUntil(seconds: 30) { process.output.contains("async event FD") || !process.isRunning }
            #expect(greeted && process.isRunning, "\(process.output)")
            process.send(SIGTERM)
            #expect(process.wait() == .signalled(SIGTERM))
        }

        /// Each device is its own: a pair on the second, and a pair with one side on each.
        @Test(arguments: [["DEVICE1", "DEVICE1"], ["DEVICE0", "DEVICE1"]], User.available)
        func pairsOnSeveralDevices(sides: [String], user: User) throws {
            let environment = ["VERBENA_DEVICES": "2", "VERBENA_LINK_LAYER": "ethernet"]
            let names = try Self.deviceNames(as: user, environment: environment)
            try #require(names.count == 2)
            let chosen = sides.map { $0 == "DEVICE0" ? names[0] : names[1] }
            let port = ListeningPort()
            // By the link-local GID, which tells devices apart: the addresses of this host are those of all of them.
            let common = ["ibv_rc_pingpong", "-g", "0", "-c", "-n", "100", "-p", String(port.number), "-d"]
            let place = try Workplace.shared.get()
            let server = try place.start(common + [chosen[0]], as: user, environment: environment)
            #expect(waitUntil(seconds: 30) { port.isListening || !server.isRunning })
            let client = try place.start(common + [chosen[1], "127.0.0.1"], as: user, environment: environment)
            for side in [client, server] {
                #expect(side.wait() == .exited(0), "\(side.output)")
                #expect(side.output.contains("\n100 iters in "), "\(side.output)")
            }
        }

        /// The names in ibv_devices' table: below its two heading lines.
        private static func deviceNames(as user: User, environment: [String: String] = [:]) throws -> [String] {
            let output = try Conformance.run(["ibv_devices"], as: user, environment: environment)
            return output.split(separator: "\n").dropFirst(2).compactMap { $0.split(separator: " ").first.map(String.init) }
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}
