// ScenarioParser.swift - reads a scenario file.
//
// Owns: the outline of a file; the declarations are in extensions. Grammar: litmus/README.md.
// A line is a statement. Names are declared before they are used, actors aside, which may await each other.
import KernelMemory

/// Reads a scenario file.
public struct ScenarioParser {
    let file: String
    let lines: [String]
    var position = 0
    var scenario = Scenario()
    /// Marks that each actor's program sets, with their place.
    var marks: [[String: Int]] = []
    var nextPage: [Int] = []
    var nextFrame = 0
    var identities: [Int] = []
    /// The name of the process whose memory each region is of.
    var regionOwners: [String] = []
    /// Awaits of marks, to be resolved once all programs are read.
    var pendingMarks: [(actor: Int, operation: Int, target: Int, mark: String, error: ScenarioError)] = []

    private init(_ text: String, file: String) {
        self.file = file
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Reads the text of a scenario file.
    /// - Throws: the first mistake in it.
    public static func parse(_ text: String, file: String) throws(ScenarioError) -> Scenario {
        var parser = ScenarioParser(text, file: file)
        return try parser.parse()
    }

    private mutating func parse() throws(ScenarioError) -> Scenario {
        try declareActors()
        while position < lines.count {
            var stream = try nextLine()
            if !stream.isAtEnd { try statement(&stream) }
        }
        try check()
        try resolveMarks()
        scenario.file = file
        return scenario
    }

    /// The next line's tokens; lines of prose, which open with '|', are taken as text.
    mutating func nextLine() throws(ScenarioError) -> TokenStream {
        let text = lines[position]
        position += 1
        let trimmed = text.drop { $0 == " " || $0 == "\t" }
        if trimmed.first == "|" {
            scenario.text.append(String(trimmed.dropFirst().drop { $0 == " " }))
            return try TokenStream(file: file, line: position, text: "")
        }
        return try TokenStream(file: file, line: position, text: text)
    }

    private mutating func statement(_ stream: inout TokenStream) throws(ScenarioError) {
        let meaning = "'scenario', 'debate', 'question', 'object', 'process', 'frames', 'peer', 'run', 'variant' or 'expect'"
        let keyword = try stream.word(meaning)
        switch keyword.text {
        case "scenario": scenario.name = try stream.word("the scenario's name").text
        case "debate": scenario.debate = try stream.word("the debate's name").text
        case "question": scenario.question = try stream.string("the question in quotes")
        case "object": try object(&stream)
        case "process": try process(&stream)
        case "frames": try frames(&stream)
        case "peer": try peer(&stream)
        case "run": try run(&stream)
        case "variant": try variant(&stream)
        case "expect": try expectation(&stream)
        default: throw stream.error(meaning, at: keyword, found: "unknown statement '\(keyword.text)'")
        }
        try stream.expectEnd()
    }

    /// Actors and regions are known before any program is read, so that programs can speak of each other's.
    private mutating func declareActors() throws(ScenarioError) {
        var process = ""
        for (index, text) in lines.enumerated() {
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let keyword = words.first, words.count > 1 else { continue }
            var stream: TokenStream {
                get throws(ScenarioError) { try TokenStream(file: file, line: index + 1, text: text) }
            }
            if keyword == "run" {
                process = words.count > 3 && words[2] == "in" ? String(words[3]) : String(words[1])
                try declareActor(try stream)
            } else if let form = StatementForm.named(String(keyword)), form.kind == .register || form.kind == .pin || form.kind == .bindWindow {
                try declareRegion(try stream, owner: process)
            } else if keyword == "reregister", words.count > 2, words[2] == "to" {
                try declareReplacement(try stream, owner: process)
            }
        }
        scenario.program.parts = scenario.actors.map { _ in Program.Part(process: ProcessID(0), needsProcess: false, operations: []) }
    }

    private mutating func declareActor(_ line: TokenStream) throws(ScenarioError) {
        var stream = line
        _ = stream.advance()
        let name = try stream.word("the actor's name")
        if scenario.actors.contains(name.text) {
            throw stream.error("a name that no other actor has", at: name, found: "'\(name.text)' is declared twice")
        }
        guard scenario.actors.count < Bounds.actors else {
            throw stream.error("at most \(Bounds.actors) actors", at: name, found: "one actor too many")
        }
        scenario.actors.append(name.text)
        scenario.statements.append([])
        marks.append([:])
    }

    private mutating func declareRegion(_ line: TokenStream, owner: String) throws(ScenarioError) {
        var stream = line
        _ = stream.advance()
        let name = try stream.word("a region's name")
        guard !scenario.regions.contains(name.text) else { return }
        guard scenario.regions.count < Bounds.regions else {
            throw stream.error("at most \(Bounds.regions) regions and pins", at: name, found: "one region too many")
        }
        scenario.regions.append(name.text)
        regionOwners.append(owner)
    }

    private mutating func declareReplacement(_ line: TokenStream, owner: String) throws(ScenarioError) {
        var stream = line
        _ = stream.advance()
        let name = try stream.word("a region's name")
        guard !scenario.regions.contains(Self.replacement(of: name.text)) else { return }
        guard scenario.regions.count < Bounds.regions else {
            throw stream.error("at most \(Bounds.regions) regions, pins and changes of memory", at: name, found: "one region too many")
        }
        scenario.regions.append(Self.replacement(of: name.text))
        regionOwners.append(owner)
    }

    private func check() throws(ScenarioError) {
        let whole = ScenarioError(file: file, line: max(1, lines.count), column: 1, text: lines.last ?? "", found: "end of file", expected: "")
        var missing = whole
        if scenario.name.isEmpty { missing.expected = "a line 'scenario NAME' somewhere before" }
        else if scenario.actors.isEmpty { missing.expected = "at least one actor ('run NAME … {')" }
        else if scenario.expectations.isEmpty { missing.expected = "at least one expectation ('expect …')" }
        else { return }
        throw missing
    }

    private mutating func resolveMarks() throws(ScenarioError) {
        for pending in pendingMarks {
            guard let place = marks[pending.target][pending.mark] else { throw pending.error }
            scenario.program.parts[pending.actor].operations[pending.operation].second = place
        }
    }
}
