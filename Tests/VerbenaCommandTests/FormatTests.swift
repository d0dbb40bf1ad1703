// FormatTests.swift - values of options, tables and JSON.
import Testing

@testable import verbena

@Suite struct FormatTests {
    @Test func memlockLimits() {
        #expect(MemlockOption(argument: "kernel") == .kernel)
        #expect(MemlockOption(argument: "unlimited") == .unlimited)
        #expect(MemlockOption(argument: "0") == .bytes(0))
        #expect(MemlockOption(argument: "12345")?.environmentValue == "12345")
        #expect(MemlockOption(argument: "64k") == .bytes(65_536))
        #expect(MemlockOption(argument: "3M") == .bytes(3 << 20))
        #expect(MemlockOption(argument: "2G") == .bytes(2 << 30))
        for text in ["", "K", "-1", "+1", "1.5M", "1KB", "infinity", "18446744073709551616", "99999999999G"] {
            #expect(MemlockOption(argument: text) == nil, "\(text)")
        }
    }

    @Test func preloadListsKeepTheirOrder() {
        let library = PreloadLibrary(path: "/v.so")
        #expect(library.preloadList(before: nil) == "/v.so")
        #expect(library.preloadList(before: "") == "/v.so")
        #expect(library.preloadList(before: "/a.so:/b.so /c.so") == "/v.so:/a.so:/b.so:/c.so")
        #expect(library.preloadList(before: "/a.so:/v.so") == "/v.so:/a.so")
    }

    @Test func tablesFitTheirWidth() {
        var table = TextTable(["name", "text"])
        table.add(["one", "a text that is much too long for the width that is given to it"], style: .bad)
        table.add(["two", "/a/path/without/any/blank/that/is/much/too/long"])
        let lines = table.text(columns: 30, coloured: false).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.count <= 30 && $0.last != " " })
        #expect(lines.first == "name  text")
        let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("one a text that is much too long for the width that is given to it"))
        #expect(words.split(separator: " ").joined().contains("/a/path/without/any/blank/that/is/much/too/long"))
    }

    @Test func coloursOnlyWhereAsked() {
        var table = TextTable(["", "finding"])
        table.add(["ok", "kernel"], style: .good)
        #expect(!table.text(columns: 80, coloured: false).contains("\u{1B}"))
        #expect(table.text(columns: 80, coloured: true).contains("\u{1B}[32mok\u{1B}[0m  kernel"))
    }

    @Test func jsonIsQuoted() {
        let value = JSONValue.object([
            ("a \"b\"\\", .string("line\nbreak\t\u{1}ü")), ("n", .number(.max)), ("e", .array([])), ("o", .object([])),
            ("l", .array([.bool(true), .null])),
        ])
        let expected = """
            {
              "a \\"b\\"\\\\": "line\\nbreak\\t\\u0001ü",
              "n": 18446744073709551615,
              "e": [],
              "o": {},
              "l": [
                true,
                null
              ]
            }
            """
        #expect(value.text() == expected)
    }
}
