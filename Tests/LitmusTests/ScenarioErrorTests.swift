// ScenarioErrorTests.swift - mistakes in scenario files are found, and shown where they are.
import Foundation
import Testing

@testable import Litmus

struct ScenarioErrorTests {
    private static let sound = """
        scenario sound
        process p {
          a 2 anonymous = 1
        }
        run p {
          register m a local-write -> r
          write a[1] 2
        }
        expect always r == ok
        """

    private func mistake(_ text: String) -> ScenarioError? {
        do throws(ScenarioError) {
            _ = try ScenarioParser.parse(text, file: "f")
            return nil
        } catch {
            return error
        }
    }

    /// Replaces one line of the sound scenario.
    private func mistake(line: Int, _ text: String) -> ScenarioError? {
        var lines = Self.sound.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[line - 1] = text
        return mistake(lines.joined(separator: "\n"))
    }

    @Test func `a sound scenario has no mistake`() { #expect(mistake(Self.sound) == nil) }

    @Test(arguments: [
        (2, "procces p {", 1, "unknown statement 'procces'"),
        (3, "  a 9 anonymous", 5, "9 is out of range"),
        (3, "  a two anonymous", 5, "found 'two'"),
        (3, "  a 2 anonymus", 7, "found 'anonymus'"),
        (3, "  a 2 private f", 15, "found 'f'"),
        (3, "  a 2 anonymous = 16", 19, "16 is out of range"),
        (3, "  a 2 anonymous in nowhere", 20, "found 'nowhere'"),
        (5, "run q {", 7, "'q' is no process"),
        (6, "  regster m a", 3, "unknown statement 'regster'"),
        (6, "  register m b", 14, "found 'b'"),
        (6, "  register m a local-wrte", 16, "found 'local-wrte'"),
        (6, "  register m a -> ", 19, "found end of line"),
        (6, "  deregister m", 14, "found 'm'"),
        (6, "  reregister m to a", 14, "found 'm'"),
        (6, "  fork p", 9, "'p' is no child of it"),
        (6, "  await p", 9, "an actor that awaits itself"),
        (7, "  write a[2] 2", 11, "2 is out of range"),
        (7, "  write a[1 2", 13, "found '2'"),
        (7, "  write a[1]", 13, "found end of line"),
        (7, "  write a[1] 2 \"", 16, "a string that does not end"),
        (7, "  write a[1] 2 ; ", 16, "the character ';'"),
        (8, "  expect", 3, "unknown statement 'expect'"),
        (9, "expect allways r == ok", 8, "found 'allways'"),
        (9, "expect always s == ok", 15, "found 's'"),
        (9, "expect always r ==", 19, "found end of line"),
        (9, "expect always frame(p.b) == 1", 21, "found 'p.b'"),
        (9, "expect always size(p) == 1", 15, "unknown question 'size'"),
        (9, "expect always r == ok in 5.99", 26, "found '5.99'"),
        (9, "expect always r == ok in 6.2..5.9", 34, "an empty range"),
        (9, "variant v = 6.2 + no-such-switch", 19, "found 'no-such-switch'"),
        (9, "", 1, "end of file"),
    ])
    func `each kind of mistake is located`(line: Int, text: String, column: Int, found: String) {
        let error = mistake(line: line, text)
        #expect(error?.found == found, "\(error?.description ?? "no mistake found")")
        #expect(error?.column == column)
        #expect(error?.line == line)
        #expect(error?.expected.isEmpty == false)
    }

    @Test func `a block that does not end is reported where it opens`() {
        let lines = Self.sound.split(separator: "\n").prefix(7).joined(separator: "\n")
        let error = mistake(lines)
        #expect(error?.found == "the block of line 5 does not end")
        #expect(error?.line == 5)
    }

    @Test func `the message shows file, line, column, text, caret and what was expected`() {
        let error = mistake(line: 7, "  write b 2")
        #expect(
            error?.description == """
                f:7:9: error: found 'b'; expected a memory: p.a
                    write b 2
                          ^
                """)
    }

    @Test func `bytes that no terminal should be sent are written as numbers, and long lines are cut around the place`() {
        let noise = String(repeating: "a ", count: 80) + "\u{1b}[2J\0" + String(repeating: "\u{7f}", count: 200)
        let message = mistake(noise)?.description ?? ""
        #expect(message.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(message.contains("\\u{1b}"))
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count < 600 })
        #expect(lines[1].dropFirst(lines[2].count - 1).hasPrefix("\\u{1b}"), "the caret stands under what it is about")
    }

    /// Scenarios that between them have every kind of line.
    private static let samples = [
        "bus/told-though-full", "bus/request-pays", "cow/forced-pin", "fork/map-dontcopy", "handles/memory-window", "p2p/short-lookup",
        "device-memory/both-ways", "xpfo/temporary-map",
    ]

    /// Each word of each line in turn becomes a character that means nothing, a word that nobody knows, or nothing.
    @Test(arguments: samples) func `a mistake anywhere is located in its line, or in what depends on it`(name: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("litmus/\(name).litmus"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var refused = 0
        for (index, line) in lines.enumerated() where !line.hasPrefix("|") {
            guard case .success(let tokens) = Lexer.tokens(line) else { continue }
            for token in tokens where token.kind != .end && token.kind != .string {
                for replacement in ["?", "no-such-word", ""] {
                    var changed = lines
                    changed[index] = String(line.prefix(token.column - 1)) + replacement + line.dropFirst(token.column - 1 + token.text.count)
                    guard let error = mistake(changed.joined(separator: "\n")) else { continue }
                    refused += 1
                    let wrong = "\(name):\(index + 1):\(token.column): '\(replacement)' for '\(token.text)': \(error.description)"
                    #expect(error.line >= 1 && error.line <= changed.count && !error.expected.isEmpty, "\(wrong)")
                    #expect(error.text == changed[error.line - 1], "\(wrong)")
                    #expect(error.column >= 1 && error.column <= error.text.count + 1, "\(wrong)")
                    // Without its `run`, an actor is first missed where another one awaits it.
                    if replacement == "?", token.text != "run" { #expect(error.line == index + 1 && error.column == token.column, "\(wrong)") }
                }
            }
        }
        #expect(refused > lines.count)
    }
}
