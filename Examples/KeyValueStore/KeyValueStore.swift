// KeyValueStore.swift - a tiny key-value store: clients read the server's table themselves, and send it what to put.
//
//     key-value-store serve                          prints its address, and serves until it is stopped
//     key-value-store ADDRESS put colour blue get colour
//
// Entry.swift has the table's layout, Server.swift and Client.swift the two sides.

import Glibc
import RDMA

@main
enum KeyValueStore {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        guard let first = words.first else { return usage() }
        if first == "serve" {
            var server = try Server()
            print(server.address)
            fflush(nil)
            try await server.run()
        } else if let address = Endpoint(first) {
            try perform(words.dropFirst(), Client(server: address))
        } else {
            usage()
        }
    }

    /// `put KEY VALUE` and `get KEY`, as many as there are.
    private static func perform(_ words: ArraySlice<String>, _ client: consuming Client) throws {
        var words = words
        while let verb = words.popFirst() {
            if verb == "put", let key = words.popFirst(), let value = words.popFirst() {
                try client.put(key, value)
            } else if verb == "get", let key = words.popFirst() {
                print(key, try client.get(key) ?? "(none)")
            } else {
                return usage()
            }
        }
        try client.leave()
    }

    private static func usage() {
        print("usage: key-value-store serve | key-value-store ADDRESS (put KEY VALUE | get KEY)…")
    }
}
