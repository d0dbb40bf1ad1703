// ScenarioParser+Programs.swift - the actors' programs.
//
// Owns: where each statement's operands come from. Counterpart: one `Operation` per statement.
import KernelMemory

extension ScenarioParser {
    /// `run NAME [in PROCESS|device|kernel] {` statements `}`
    mutating func run(_ stream: inout TokenStream) throws(ScenarioError) {
        let name = try stream.word("the actor's name")
        guard let actor = scenario.actors.firstIndex(of: name.text) else { throw stream.error("the actor's name", at: name) }
        var process = scenario.processes.firstIndex(of: name.text).map { ProcessID($0) }
        if stream.take("in") { process = try processName(&stream) }
        else if stream.take("device") || stream.take("kernel") { process = nil }
        else if process == nil {
            throw stream.error("'in PROCESS', 'device' or 'kernel'", found: "'\(name.text)' is no process")
        }
        try stream.expect("{")
        try stream.expectEnd()
        let opened = stream
        scenario.program.parts[actor].process = process ?? ProcessID(0)
        scenario.program.parts[actor].needsProcess = process != nil
        while position < lines.count {
            var line = try nextLine()
            if line.isAtEnd { continue }
            if line.take("}") { return try line.expectEnd() }
            let text = line.text.drop { $0 == " " || $0 == "\t" }
            try operation(of: actor, in: process, &line)
            try line.expectEnd()
            scenario.statements[actor].append(String(text))
        }
        throw opened.error("a line '}' that closes the block", found: "the block of line \(opened.line) does not end")
    }

    private mutating func operation(of actor: Int, in process: ProcessID?, _ stream: inout TokenStream) throws(ScenarioError) {
        let keyword = try stream.word("a statement or '}'")
        guard let form = StatementForm.named(keyword.text) else {
            throw stream.error("a statement: \(StatementForm.all.map(\.name).joined(separator: ", "))", at: keyword,
                found: "unknown statement '\(keyword.text)'")
        }
        var operation = Operation(form.kind, process: process ?? ProcessID(0))
        operation.flags = form.flags
        if form.needsProcess, process == nil {
            throw stream.error("a statement for devices or the kernel", at: keyword, found: "'\(keyword.text)' needs an actor in a process")
        }
        for operand in form.operands { try read(operand, of: actor, into: &operation, process, &stream) }
        while let flag = form.options[stream.current.text], stream.current.kind == .word {
            _ = stream.advance()
            operation.flags.formUnion(flag)
        }
        if form.takesBytes, stream.take("offset") {
            operation.second = try stream.number("an offset in bytes", 0...4095)
            try stream.expect("length")
            operation.argument = try stream.number("a length in bytes", 1...(Bounds.pages * 4096))
        }
        if stream.take("->") { operation.result = try variable(&stream) }
        guard stream.isAtEnd else {
            let options = form.options.keys.sorted()
            throw stream.error((options.map { "'\($0)'" } + ["'-> NAME'", "end of line"]).joined(separator: ", "))
        }
        scenario.program.parts[actor].operations.append(operation)
    }

    private mutating func read(
        _ operand: StatementForm.Operand, of actor: Int, into operation: inout Operation, _ process: ProcessID?,
        _ stream: inout TokenStream
    ) throws(ScenarioError) {
        switch operand {
        case .pages, .page: try pages(single: operand == .page, into: &operation, process, &stream)
        case .value: operation.argument = try stream.number("a value", 0...Bounds.contents)
        case .secondValue: operation.second = try stream.number("a value", 0...Bounds.contents)
        case .child:
            let child = try processName(&stream)
            guard scenario.parents[child.index] == process?.index else {
                throw stream.error("a process declared 'of' this one", found: "'\(scenario.processes[child.index])' is no child of it")
            }
            operation.argument = child.index
        case .process: operation.argument = try processName(&stream).index
        case .region: try region(into: &operation, &stream)
        case .regionPage:
            try region(into: &operation, &stream)
            operation.argument = try index(&stream, limit: Bounds.pages) ?? 0
        case .target: try target(of: operation.process, into: &operation, &stream)
        case .secondPage: try secondPage(into: &operation, process, &stream)
        case .object: try object(into: &operation, &stream)
        case .mapping: try mapping(into: &operation, &stream)
        case .zone: try zone(into: &operation, &stream)
        case .actor: try awaited(of: actor, into: &operation, &stream)
        case .mark:
            let name = try stream.word("the mark's name").text
            marks[actor][name] = scenario.program.parts[actor].operations.count
        case .variable: operation.argument = try variable(&stream).index
        case .peer: operation.page = PageNumber(try peerName(&stream))
        case .otherPeer: operation.argument = try peerName(&stream)
        case .amount: operation.second = try stream.number("an amount", 0...60)
        case .passedHandle:
            guard stream.take("with") else { break }
            operation.flags.insert(.passesHandle)
            operation.pageCount = try peerName(&stream)
        case .descriptors:
            if stream.take("descriptors") { operation.descriptors = UInt8(try stream.number("a number of descriptors", 1...60)) }
        case .boundPage: try boundPage(into: &operation, &stream)
        case .otherMemory: try otherMemory(into: &operation, process, &stream)
        case .word(let word): try stream.expect(word)
        }
    }

    mutating func variable(_ stream: inout TokenStream) throws(ScenarioError) -> VariableID {
        let token = try stream.word("a variable's name")
        if let known = scenario.variables.firstIndex(of: token.text) { return VariableID(known) }
        guard scenario.variables.count < Bounds.variables else {
            throw stream.error("at most \(Bounds.variables) variables", at: token, found: "one variable too many")
        }
        scenario.variables.append(token.text)
        return VariableID(scenario.variables.count - 1)
    }

    /// The memory `name` as seen from a process: its own, or what it got from the process it was forked from.
    func memory(_ name: String, _ process: ProcessID) -> Scenario.Memory? {
        var owner: Int? = process.index
        while let candidate = owner {
            if let found = scenario.memories.first(where: { $0.name == name && $0.process.index == candidate }) { return found }
            owner = scenario.parents[candidate]
        }
        return nil
    }

    /// `[INDEX]`; nil if there is none.
    func index(_ stream: inout TokenStream, limit: Int) throws(ScenarioError) -> Int? {
        guard stream.take("[") else { return nil }
        let index = try stream.number("an index", 0...(limit - 1))
        try stream.expect("]")
        return index
    }

    /// `[PROCESS.]MEMORY`, found.
    func memoryName(_ process: ProcessID?, _ stream: inout TokenStream) throws(ScenarioError) -> (ProcessID, Scenario.Memory) {
        let token = try stream.word("a memory's name")
        var owner = process
        var name = token.text
        if let dot = token.text.firstIndex(of: ".") {
            guard let named = scenario.processes.firstIndex(of: String(token.text[..<dot])) else {
                throw stream.error("PROCESS.MEMORY, with a process of: \(Self.list(scenario.processes))", at: token)
            }
            owner = ProcessID(named)
            name = String(token.text[token.text.index(after: dot)...])
        }
        guard let owner else { throw stream.error("PROCESS.MEMORY: this actor is in no process", at: token) }
        guard let memory = memory(name, owner) else {
            let known = scenario.memories.map { "\(scenario.processes[$0.process.index]).\($0.name)" }
            throw stream.error("a memory: \(Self.list(known))", at: token)
        }
        return (owner, memory)
    }

    /// `[PROCESS.]MEMORY[[INDEX]]` or, where a range may stand, the whole memory or `[FIRST..LAST]`.
    func pages(
        single: Bool, into operation: inout Operation, _ process: ProcessID?, _ stream: inout TokenStream
    ) throws(ScenarioError) {
        let (owner, memory) = try memoryName(process, &stream)
        operation.process = owner
        operation.page = PageNumber(memory.first)
        operation.pageCount = single ? 1 : memory.count
        guard stream.take("[") else { return }
        let first = try stream.number("a page of \(memory.name)", 0...(memory.count - 1))
        var last = first
        if !single, stream.take("..") { last = try stream.number("a page of \(memory.name)", first...(memory.count - 1)) }
        try stream.expect("]")
        operation.page = PageNumber(memory.first + first)
        operation.pageCount = last - first + 1
    }

    private func region(into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        let token = try stream.word("a region's name")
        guard let index = scenario.regions.firstIndex(of: token.text) else {
            throw stream.error("a region that some actor registers or pins: \(Self.list(scenario.regions.filter { !$0.contains(" ") }))", at: token)
        }
        operation.region = RegionID(index)
        guard operation.kind == .deviceRead || operation.kind == .deviceWrite else { return }
        guard let owner = scenario.processes.firstIndex(of: regionOwners[index]) else {
            throw stream.error("a region that is registered in a process", at: token)
        }
        operation.process = ProcessID(owner)
    }
}
