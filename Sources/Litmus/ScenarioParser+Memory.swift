// ScenarioParser+Memory.swift - objects, processes and their memory, frames of special zones, peers.
//
// Owns: the first state. Touched pages are there before the first step, as if the process had written them long ago.
import KernelMemory

extension ScenarioParser {
    private static let objectKinds: [String: BackingKind] = [
        "tmpfs": .sharedMemory, "file": .trackedFile, "dax": .directAccess, "p2p": .peerToPeer, "registers": .deviceRegisters,
        "hugetlbfs": .hugePages,
    ]
    private static let zones: [String: Zone] = [
        "normal": .normal, "movable": .movable, "cma": .contiguous, "cdm": .coherentNode, "device-coherent": .deviceCoherent,
        "device-private": .devicePrivate, "p2p": .peerToPeer, "storage": .storage,
    ]

    /// `object NAME PAGES KIND [= VALUE]`
    mutating func object(_ stream: inout TokenStream) throws(ScenarioError) {
        let name = try stream.word("the object's name")
        guard !scenario.objects.contains(where: { $0.name == name.text }) else {
            throw stream.error("a new name", at: name, found: "'\(name.text)' is declared twice")
        }
        let first = scenario.objects.last.map { $0.first + $0.count } ?? 0
        let room = Bounds.backingPages - first
        guard room > 0 else { throw stream.error("at most \(Bounds.backingPages) object pages", at: name, found: "no object page is left") }
        let count = try stream.number("a number of pages", 1...room)
        let meaning = "a kind: tmpfs, file, dax, p2p, registers or hugetlbfs"
        let kind = try stream.word(meaning)
        guard let backing = Self.objectKinds[kind.text] else { throw stream.error(meaning, at: kind) }
        let value = stream.take("=") ? try stream.number("a value", 0...Bounds.contents) : 0
        for index in first..<(first + count) {
            scenario.initial[.backing(BackingPage(index), .kind)] = backing.rawValue
            scenario.initial[.backing(BackingPage(index), .stored)] = value
        }
        scenario.objects.append((name.text, first, count))
    }

    /// `process NAME [of PARENT] [limit PAGES] [areas NUMBER] [user NUMBER] [{` memory lines `}]`
    mutating func process(_ stream: inout TokenStream) throws(ScenarioError) {
        let name = try stream.word("the process's name")
        guard !scenario.processes.contains(name.text) else {
            throw stream.error("a new name", at: name, found: "'\(name.text)' is declared twice")
        }
        guard scenario.processes.count < Bounds.processes else {
            throw stream.error("at most \(Bounds.processes) processes", at: name, found: "one process too many")
        }
        let process = ProcessID(scenario.processes.count)
        scenario.processes.append(name.text)
        nextPage.append(0)
        identities.append(0)
        scenario.initial[.process(process, .lockLimit)] = KernelState.unlimited
        scenario.initial[.process(process, .user)] = process.index
        if stream.take("of") {
            let parent = try processName(&stream)
            scenario.parents.append(parent.index)
            scenario.initial[.process(process, .user)] = scenario.initial[.process(parent, .user)]
        } else {
            scenario.parents.append(nil)
            scenario.initial[.process(process, .life)] = 1
        }
        while !stream.isAtEnd {
            if stream.take("limit") {
                scenario.initial[.process(process, .lockLimit)] = try stream.number("a number of pages", 0...200)
            } else if stream.take("areas") {
                scenario.initial[.global(.areaLimit)] = try stream.number("a number of areas", 1...200)
            } else if stream.take("user") {
                scenario.initial[.process(process, .user)] = try stream.number("a user's number", 0...(Bounds.processes - 1))
            } else {
                try stream.expect("{")
                try stream.expectEnd()
                try memories(of: process, opened: stream)
            }
        }
    }

    func processName(_ stream: inout TokenStream) throws(ScenarioError) -> ProcessID {
        let token = try stream.word("a process: \(Self.list(scenario.processes))")
        guard let index = scenario.processes.firstIndex(of: token.text) else {
            throw stream.error("a process: \(Self.list(scenario.processes))", at: token)
        }
        return ProcessID(index)
    }

    static func list(_ names: [String]) -> String { names.isEmpty ? "(none is declared yet)" : names.joined(separator: ", ") }

    private mutating func memories(of process: ProcessID, opened: TokenStream) throws(ScenarioError) {
        while position < lines.count {
            var stream = try nextLine()
            if stream.isAtEnd { continue }
            if stream.take("}") { return try stream.expectEnd() }
            try memory(of: process, &stream)
            try stream.expectEnd()
        }
        throw opened.error("a line '}' that closes the block", found: "the block of line \(opened.line) does not end")
    }

    /// `NAME PAGES anonymous|huge|hugetlb|private OBJECT|shared OBJECT [RIGHTS] [untouched] [= VALUE] [in ZONE]`
    private mutating func memory(of process: ProcessID, _ stream: inout TokenStream) throws(ScenarioError) {
        let name = try stream.word("the memory's name or '}'")
        let first = nextPage[process.index]
        guard first < Bounds.pages else { throw stream.error("at most \(Bounds.pages) pages a process", at: name, found: "no page is left") }
        let count = try stream.number("a number of pages", 1...(Bounds.pages - first))
        let meaning = "'anonymous', 'huge', 'hugetlb', 'private OBJECT' or 'shared OBJECT'"
        let kind = try stream.word(meaning)
        var mappings: [Mapping] = []
        switch kind.text {
        case "anonymous": mappings = Array(repeating: .anonymous, count: count)
        case "huge": mappings = Array(repeating: .anonymousHuge, count: count)
        case "hugetlb": mappings = Array(repeating: .hugetlb, count: count)
        case "private", "shared":
            let (object, size) = try objectName(&stream)
            guard count <= size else { throw stream.error("at most \(size) pages", at: name, found: "the object is smaller") }
            for index in 0..<count {
                mappings.append(kind.text == "shared" ? .shared(BackingPage(object + index)) : .privately(BackingPage(object + index)))
            }
        default: throw stream.error(meaning, at: kind)
        }
        if mappings[0].isHuge, !first.isMultiple(of: 2) || !count.isMultiple(of: 2) {
            throw stream.error("an even number of pages at an even place", at: name, found: "a huge page cannot lie here")
        }
        try place(name.text, process, first, mappings, &stream)
    }

    private func objectName(_ stream: inout TokenStream) throws(ScenarioError) -> (first: Int, count: Int) {
        let names = scenario.objects.map(\.name)
        let token = try stream.word("an object: \(Self.list(names))")
        guard let object = scenario.objects.first(where: { $0.name == token.text }) else {
            throw stream.error("an object: \(Self.list(names))", at: token)
        }
        return (object.first, object.count)
    }

    /// Reads the options and lays the memory out.
    private mutating func place(
        _ name: String, _ process: ProcessID, _ first: Int, _ mappings: [Mapping], _ stream: inout TokenStream
    ) throws(ScenarioError) {
        var flags: AreaFlags = [.read, .write, .mayWrite]
        var touched = mappings[0].backing == nil
        var value = 0
        var zone = Zone.normal
        while !stream.isAtEnd {
            if stream.take("read-only") { flags.remove(.write) }
            else if stream.take("never-writable") { flags.subtract([.write, .mayWrite]) }
            else if stream.take("dontcopy") { flags.insert(.dontCopy) }
            else if stream.take("untouched") { touched = false }
            else if stream.take("=") { value = try stream.number("a value", 0...Bounds.contents) }
            else if stream.take("in") {
                let meaning = "a zone: normal, movable, cma, cdm, device-coherent or device-private"
                let token = try stream.word(meaning)
                guard let found = Self.zones[token.text] else { throw stream.error(meaning, at: token) }
                zone = found
            } else {
                throw stream.error("'read-only', 'never-writable', 'dontcopy', 'untouched', '= VALUE', 'in ZONE' or end of line")
            }
        }
        nextPage[process.index] = first + mappings.count
        scenario.memories.append(Scenario.Memory(name: name, process: process, first: first, count: mappings.count))
        if touched { identities[process.index] += 1 }
        for (offset, mapping) in mappings.enumerated() {
            let page = PageNumber(first + offset)
            scenario.initial[.page(process, page, .mapping)] = mapping.code
            scenario.initial[.page(process, page, .areaFlags)] = flags.rawValue
            scenario.initial[.page(process, page, .areaStart)] = offset == 0 ? AreaStart.always : AreaStart.none
            if touched { try touch(process, page, offset, mapping, flags, value, zone, stream) }
        }
    }

    private mutating func touch(
        _ process: ProcessID, _ page: PageNumber, _ offset: Int, _ mapping: Mapping, _ flags: AreaFlags, _ value: Int, _ zone: Zone,
        _ stream: TokenStream
    ) throws(ScenarioError) {
        guard nextFrame < Bounds.frames - 1 else {
            throw stream.error("fewer touched pages", found: "no page frame is left (\(Bounds.frames - 1) in all)")
        }
        if mapping.isHuge, offset == 0, !nextFrame.isMultiple(of: 2) { nextFrame += 1 }
        let frame = PageFrameNumber(nextFrame)
        nextFrame += 1
        scenario.initial[.frame(frame, .use)] = FrameUse.anonymous.rawValue
        scenario.initial[.frame(frame, .content)] = value
        scenario.initial[.frame(frame, .exclusive)] = 1
        scenario.initial[.frame(frame, .zone)] = zone.rawValue
        if mapping.isHuge {
            let isTail = !offset.isMultiple(of: 2)
            let part: FolioPart = mapping == .hugetlb ? (isTail ? .hugetlbTail : .hugetlbHead) : (isTail ? .tail : .head)
            scenario.initial[.frame(frame, .folio)] = part.rawValue
        }
        scenario.initial[.page(process, page, .anonymousArea)] = identities[process.index]
        let entry: PageTableEntry = zone == .devicePrivate ? .devicePrivate(frame) : .present(frame)
        scenario.initial[.page(process, page, .entry)] = entry.code
        var entryFlags: EntryFlags = flags.contains(.write) ? .writable : []
        if mapping == .anonymousHuge { entryFlags.insert(.whole) }
        scenario.initial[.page(process, page, .entryFlags)] = entryFlags.rawValue
    }

    /// `frames NUMBER ZONE`: so many free frames lie in that zone.
    mutating func frames(_ stream: inout TokenStream) throws(ScenarioError) {
        let count = try stream.number("a number of frames", 1...(Bounds.frames - 2))
        let meaning = "a zone: \(Self.zones.keys.sorted().joined(separator: ", "))"
        let token = try stream.word(meaning)
        guard let zone = Self.zones[token.text] else { throw stream.error(meaning, at: token) }
        var remaining = count
        for index in (0..<(Bounds.frames - 1)).reversed() where remaining > 0 {
            let frame = PageFrameNumber(index)
            guard scenario.initial[.frame(frame, .zone)] == 0, scenario.initial[.frame(frame, .use)] == 0 else { continue }
            scenario.initial[.frame(frame, .zone)] = zone.rawValue
            remaining -= 1
        }
        guard remaining == 0 else { throw stream.error("fewer frames", at: token, found: "only \(count - remaining) frames are left") }
    }

    private static let quotas: [String: BusResource] = [
        "limit": .bytes, "slices": .slices, "handles": .handles, "descriptors": .descriptors,
    ]
    private static let ownQuotas: [String: BusResource] = ["peer-limit": .bytes, "pool": .slices]

    /// `peer NAME [of PEER] [limit NUMBER] [slices NUMBER] [handles NUMBER] [descriptors NUMBER] [peer-limit NUMBER] [pool NUMBER]
    /// [hidden] [listening]`: a peer of the message bus, its user's quotas and its own.
    mutating func peer(_ stream: inout TokenStream) throws(ScenarioError) {
        let name = try stream.word("the peer's name")
        guard !scenario.peers.contains(name.text) else {
            throw stream.error("a new name", at: name, found: "'\(name.text)' is declared twice")
        }
        guard scenario.peers.count < Bounds.peers else {
            throw stream.error("at most \(Bounds.peers) peers", at: name, found: "one peer too many")
        }
        let peer = PeerID(scenario.peers.count)
        // A peer of a user that is there already has that one's quotas.
        let user = stream.take("of") ? PeerID(try peerName(&stream)) : peer
        scenario.peers.append(name.text)
        var isHidden = false
        var amounts: [(resource: BusResource, isOwn: Bool, amount: Int)] = []
        while !stream.isAtEnd {
            if let resource = Self.quotas[stream.current.text], user == peer {
                _ = stream.advance()
                amounts.append((resource, false, try stream.number("a quota", 0...60)))
            } else if let resource = Self.ownQuotas[stream.current.text] {
                _ = stream.advance()
                amounts.append((resource, true, try stream.number("a quota", 0...60)))
            } else {
                guard !stream.take("listening") else {
                    scenario.initial.setBusListener(peer)
                    continue
                }
                guard stream.take("hidden") else {
                    throw stream.error(
                        "'limit', 'slices', 'handles' or 'descriptors' (of a user's first peer), 'peer-limit', 'pool', 'hidden' or 'listening'")
                }
                isHidden = true
            }
        }
        scenario.initial.setBusPeer(peer, user: user == peer ? peer : scenario.initial.busUser(user), isHidden: isHidden)
        for (resource, isOwn, amount) in amounts {
            if isOwn { scenario.initial.setBusOwnQuota(peer, resource, amount) } else { scenario.initial.setBusQuota(peer, resource, amount) }
        }
    }
}
