// ScenarioParser+Operands.swift - the rarer operands of statements.
import KernelMemory

extension ScenarioParser {
    /// mremap's second memory, of the same process.
    func target(of process: ProcessID, into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        let (_, memory) = try memoryName(process, &stream)
        operation.argument = memory.first + (try index(&stream, limit: memory.count) ?? 0)
    }

    /// The second page of a merge.
    func secondPage(into operation: inout Operation, _ process: ProcessID?, _ stream: inout TokenStream) throws(ScenarioError) {
        let (owner, memory) = try memoryName(process, &stream)
        operation.second = owner.index
        operation.argument = memory.first + (try index(&stream, limit: memory.count) ?? 0)
    }

    /// `[to PAGES]`: the region gets other memory, which a holder of its own puts together.
    func otherMemory(into operation: inout Operation, _ process: ProcessID?, _ stream: inout TokenStream) throws(ScenarioError) {
        guard stream.take("to") else { return }
        let name = Self.replacement(of: scenario.regions[operation.region.index])
        operation.flags.insert(.otherMemory)
        operation.original = operation.region
        operation.region = RegionID(scenario.regions.firstIndex(of: name)!)
        try pages(single: false, into: &operation, process, &stream)
    }

    /// bind: `REGION[INDEX]`, the page that the window lets at.
    func boundPage(into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        let token = try stream.word("a region's name")
        guard let region = scenario.regions.firstIndex(of: token.text), region != operation.region.index else {
            throw stream.error("another region, which some actor registers", at: token)
        }
        operation.original = RegionID(region)
        operation.argument = try index(&stream, limit: Bounds.pages) ?? 0
    }

    /// The name of the holder of a region's other memory: no scenario can write it.
    static func replacement(of region: String) -> String { "\(region)'s other memory" }

    func object(into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        let names = scenario.objects.map(\.name)
        let token = try stream.word("an object: \(Self.list(names))")
        guard let object = scenario.objects.first(where: { $0.name == token.text }) else {
            throw stream.error("an object: \(Self.list(names))", at: token)
        }
        operation.argument = object.first + (try index(&stream, limit: object.count) ?? 0)
    }

    /// mmap: `anonymous`, `private OBJECT` or `shared OBJECT`.
    func mapping(into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        if stream.take("anonymous") { return }
        if stream.take("shared") { operation.flags.insert(.shared) }
        else { guard stream.take("private") else { throw stream.error("'anonymous', 'private OBJECT' or 'shared OBJECT'") } }
        var holder = operation
        try object(into: &holder, &stream)
        operation.second = holder.argument + 1
    }

    func zone(into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        let zones: [(String, Zone)] = [("cdm", .coherentNode), ("device-coherent", .deviceCoherent), ("device-private", .devicePrivate)]
        let meaning = "a kind of device memory: cdm, device-coherent or device-private"
        let token = try stream.word(meaning)
        guard let zone = zones.first(where: { $0.0 == token.text }) else { throw stream.error(meaning, at: token) }
        operation.argument = zone.1.rawValue
    }

    /// `ACTOR [MARK]`
    mutating func awaited(of actor: Int, into operation: inout Operation, _ stream: inout TokenStream) throws(ScenarioError) {
        let token = try stream.word("an actor: \(Self.list(scenario.actors))")
        guard let target = scenario.actors.firstIndex(of: token.text) else {
            throw stream.error("an actor: \(Self.list(scenario.actors))", at: token)
        }
        guard target != actor else { throw stream.error("another actor", at: token, found: "an actor that awaits itself") }
        operation.argument = target
        guard stream.current.kind == .word else { return }
        let mark = stream.current
        operation.kind = .awaitMark
        let place = scenario.program.parts[actor].operations.count
        pendingMarks.append((actor, place, target, mark.text, stream.error("a mark that '\(token.text)' sets", at: mark)))
        _ = stream.advance()
    }

    func peerName(_ stream: inout TokenStream) throws(ScenarioError) -> Int {
        let token = try stream.word("a peer: \(Self.list(scenario.peers))")
        guard let peer = scenario.peers.firstIndex(of: token.text) else {
            throw stream.error("a peer: \(Self.list(scenario.peers))", at: token)
        }
        return peer
    }
}
