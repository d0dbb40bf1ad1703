// CallGraph.swift - which function calls which, read from a disassembly.

/// The calls and tail calls of the functions in a listing, by symbol.
struct CallGraph {
    private(set) var calls: [String: Set<String>] = [:]

    /// What stands for a call through a register or a table: nobody can say where it leads.
    static let indirect = "an indirect call"

    /// Reads objdump's listing: "address <symbol>:" opens a function; a branch names its target in angle brackets.
    init(listing: String) {
        var current: String?
        for line in listing.split(separator: "\n") {
            if line.hasSuffix(">:"), let open = line.firstIndex(of: "<") {
                let symbol = String(line[line.index(after: open)...].dropLast(2))
                calls[symbol, default: []].formUnion([])
                current = symbol
            } else if let current, let target = Self.target(of: line), target != current {
                calls[current, default: []].insert(target)
            }
        }
    }

    /// Where a branch out of its function leads; nil for everything else.
    private static func target(of line: Substring) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let mnemonic = words.firstIndex(where: { $0 == "call" || $0.hasPrefix("j") }) else { return nil }
        guard let open = line.firstIndex(of: "<"), let close = line.lastIndex(of: ">") else {
            // A jump through a register is a switch within the function, unless nothing comes back to it.
            return words[mnemonic] == "call" ? indirect : nil
        }
        let symbol = line[line.index(after: open)..<close]
        // "<f+0x12>" is a branch within f or into its middle; "<f@plt>" and "<f@@VERSION>" are calls of f.
        if symbol.contains("+0x") { return nil }
        return symbol.split(separator: "@").first.map(String.init)
    }

    /// One way from a root to each function that must not be reached, "root > … > function".
    ///
    /// The walk goes into functions whose bodies are in the listing, and not into those that `isCold` names.
    func paths(from root: String, toAny isForbidden: (String) -> Bool, stoppingAt isCold: (String) -> Bool) -> [[String]] {
        var found: [[String]] = []
        var seen: Set<String> = [root]
        var waiting = [[root]]
        while let path = waiting.popLast() {
            for callee in (calls[path.last ?? ""] ?? []).sorted() {
                if isForbidden(callee) {
                    found.append(path + [callee])
                } else if calls[callee] != nil && !isCold(callee) && seen.insert(callee).inserted {
                    waiting.append(path + [callee])
                }
            }
        }
        return found
    }

    /// Every function that a walk from a root enters.
    func reached(from root: String, stoppingAt isCold: (String) -> Bool) -> Set<String> {
        var seen: Set<String> = [root]
        var waiting = [root]
        while let function = waiting.popLast() {
            for callee in calls[function] ?? [] where calls[callee] != nil && !isCold(callee) && seen.insert(callee).inserted {
                waiting.append(callee)
            }
        }
        return seen
    }
}
