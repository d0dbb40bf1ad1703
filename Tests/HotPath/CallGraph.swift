// CallGraph.swift - which function calls which, read from a disassembly.

import Foundation

/// The calls and tail calls of the functions in a listing, by symbol.
struct CallGraph {
    private(set) var calls: [String: Set<String>] = [:]

    /// What stands for a call through a register or a table: nobody can say where it leads.
    static let indirect = "an indirect call"

    /// Reads objdump's listing: "address <symbol>:" opens a function; a branch names its target in angle brackets.
    /// - Parameter sizes: bytes of each function. What stands behind its last one has lost its name, and is no part of it.
    init(listing: String, sizes: [String: UInt64] = [:]) {
        var current: (symbol: String, start: UInt64)?
        for line in listing.split(separator: "\n") {
            if line.hasSuffix(">:"), let open = line.firstIndex(of: "<") {
                let symbol = String(line[line.index(after: open)...].dropLast(2))
                calls[symbol, default: []].formUnion([])
                current = (symbol, Self.address(of: line) ?? 0)
            } else if let current, let target = Self.target(of: line, sizes) {
                let offset = (Self.address(of: line) ?? current.start) &- current.start
                let caller = Self.owner(of: current.symbol, offset: offset, sizes)
                if target != caller { calls[caller, default: []].insert(target) }
            }
        }
    }

    private static func address(of line: Substring) -> UInt64? {
        UInt64(line.drop { $0 == " " }.prefix { $0.isHexDigit }, radix: 16)
    }

    /// The function that holds this place: all that has no name behind one counts as one function, its name with a tilde.
    private static func owner(of symbol: String, offset: UInt64, _ sizes: [String: UInt64]) -> String {
        offset >= sizes[symbol] ?? .max ? symbol + "~" : symbol
    }

    /// Where a branch out of its function leads; nil for everything else.
    private static func target(of line: Substring, _ sizes: [String: UInt64]) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let mnemonic = words.firstIndex(where: { $0 == "call" || $0.hasPrefix("j") }) else { return nil }
        guard let open = line.firstIndex(of: "<"), let close = line.lastIndex(of: ">") else {
            // A jump through a register is a switch within the function, unless nothing comes back to it.
            return words[mnemonic] == "call" ? indirect : nil
        }
        let symbol = line[line.index(after: open)..<close]
        // "<f+0x12>" is a branch within f or into its middle; "<f@plt>" and "<f@@VERSION>" are calls of f.
        if let plus = symbol.range(of: "+0x") {
            let function = String(symbol[..<plus.lowerBound])
            let owner = owner(of: function, offset: UInt64(symbol[plus.upperBound...], radix: 16) ?? 0, sizes)
            return owner == function ? nil : owner
        }
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
