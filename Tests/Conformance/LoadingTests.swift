// LoadingTests.swift - programs that open libibverbs by hand get the same device.

import Foundation
import Testing

extension Conformance {
    @Suite struct LoadingTests {
        /// A C program by dlopen, dlsym and dlvsym, in each way that real ones use.
        @Test(arguments: ["libibverbs.so.1", "absolute", "default"], User.available)
        func cProgram(way: String, user: User) throws {
            let client = try Workplace.shared.get().compile("loading")
            let output = try Conformance.run([client, way], as: user)
            #expect(output.contains("1 device opened"), "\(output)")
        }

        @Test(arguments: User.available)
        func pythonThroughCtypes(user: User) throws {
            let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Clients/loading.py")
            // Copied: the sources may lie where an unprivileged user cannot read.
            let place = try Workplace.shared.get()
            let script = place.folder + "/loading-\(user.rawValue).py"
            try Data(contentsOf: source).write(to: URL(filePath: script))
            let output = try Conformance.run(["/usr/bin/python3", script], as: user)
            #expect(output.contains("1 device opened"), "\(output)")
        }
    }
}
