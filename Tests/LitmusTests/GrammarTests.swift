// GrammarTests.swift - litmus/README.md speaks of what the parser reads, and of nothing else.
import Foundation
import Testing

@testable import Litmus

struct GrammarTests {
    /// The table of statements, and the grammar above it.
    private let rows: [Substring]
    private let grammar: Substring

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("litmus/README.md"), encoding: .utf8)
        let parts = text.split(separator: "| statement | what it does |")
        try #require(parts.count == 2)
        rows = parts[1].split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }
        grammar = try #require(parts[0].split(separator: "```").first { $0.contains("file        =") })
    }

    /// Words of the first column, with '|' as a plain sign.
    private var words: Set<String> {
        let columns = rows.map { $0.replacing("\\|", with: " ").split(separator: "|")[0] }
        return Set(columns.flatMap { $0.split { !($0.isLetter || $0.isNumber || $0 == "-") } }.map(String.init))
    }

    @Test func `every statement and each of its options is in the table`() {
        for form in StatementForm.all {
            #expect(words.contains(form.name), "\(form.name)")
            for option in form.options.keys { #expect(words.contains(option), "\(form.name) \(option)") }
        }
    }

    @Test func `the table has no statement that the parser does not know`() {
        let known = Set(StatementForm.all.flatMap { [$0.name] + $0.options.keys }).union([
            "to", "of", "with", "charge", "descriptors", "window", "region", "offset", "length", "rights", "anonymous", "private", "shared", "cdm", "device-coherent",
            "device-private",
        ])
        for word in words where word == word.lowercased() && Int(word) == nil { #expect(known.contains(word), "\(word)") }
    }

    @Test(arguments: ["object", "frames", "peer", "process", "run", "variant", "expect", "scenario", "debate", "question"])
    func `every kind of line is in the grammar`(keyword: String) {
        #expect(grammar.contains(keyword))
        let error = mistake("nonsense")
        #expect(error?.expected.contains("'\(keyword)'") == true)
    }

    /// The parser's own list of what may stand in a claim, taken from its message.
    @Test func `every fact and question of a claim is in the grammar, and the other way round`() throws {
        let facts = try #require(mistake(Self.sound + "\nexpect always nonsense")).expected
        let questions = try #require(mistake(Self.sound + "\nexpect always nonsense(p)")).expected
        let listed = Set(
            (facts.replacing("one of: ", with: "").split(separator: ", an outcome")[0] + ", " + questions.replacing(" or ", with: ", "))
                .split(separator: ", ").map(String.init))
        let rules = grammar.split(separator: "\n").filter { line in ["fact ", "question ", "zone ", "   "].contains { line.hasPrefix($0) } }
        let quoted = Set(rules.flatMap { $0.split(separator: "\"") }.map(String.init).filter { $0.first?.isLetter == true && !$0.contains(" ") })
        let otherZones: Set = ["p2p", "storage"]
        for word in listed { #expect(quoted.contains(word), "\(word) is not in the grammar") }
        for word in quoted where !otherZones.contains(word) { #expect(listed.contains(word), "\(word) is not read by the parser") }
    }

    /// What no scenario of the catalogue uses, nobody has seen work.
    @Test func `every statement and every question of a claim is used by the catalogue`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let files = try #require(FileManager.default.enumerator(atPath: root.appendingPathComponent("litmus").path))
        let separators = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-")).inverted
        var words: Set<String> = []
        for case let name as String in files where name.hasSuffix(".litmus") {
            let text = try String(contentsOf: root.appendingPathComponent("litmus/\(name)"), encoding: .utf8)
            for line in text.components(separatedBy: "\n") where !line.hasPrefix("|") { words.formUnion(line.components(separatedBy: separators)) }
        }
        func isUsed(_ word: String) -> Bool { words.contains(word) }
        for form in StatementForm.all {
            #expect(isUsed(form.name), "\(form.name)")
            for option in form.options.keys { #expect(isUsed(option), "\(form.name) \(option)") }
        }
        let questions = try #require(mistake(Self.sound + "\nexpect always nonsense(p)")).expected
        for word in questions.replacing(" or ", with: ", ").split(separator: ", ") { #expect(isUsed(String(word)), "\(word)") }
    }

    private static let sound = "scenario s\nprocess p {\n  a 1 anonymous\n}\nrun p {\n  read a\n}"

    private func mistake(_ text: String) -> ScenarioError? {
        do throws(ScenarioError) {
            _ = try ScenarioParser.parse(text, file: "f")
            return nil
        } catch {
            return error
        }
    }
}
