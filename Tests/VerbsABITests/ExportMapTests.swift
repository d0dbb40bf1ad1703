// ExportMapTests.swift - the version nodes of the preload are the real library's, for exactly the functions that are ours.

import Foundation
import Glibc
import Testing

/// Name to node, as exports.map has it.
private func exportedNodes() throws -> [String: String] {
    let map = try String(contentsOf: root.appending(path: "Sources/VerbenaPreload/exports.map"), encoding: .utf8)
    var nodes: [String: String] = [:]
    var node = ""
    var isGlobal = false
    for line in map.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
        if line.hasSuffix("{") { (node, isGlobal) = (String(line.dropLast(2)), false) }
        if line == "global:" { isGlobal = true }
        if line == "local:" { isGlobal = false }
        if isGlobal, line.hasSuffix(";"), !line.hasPrefix("}") { nodes[String(line.dropLast())] = node }
    }
    return nodes
}

/// The functions that VerbsABI defines under a name of libibverbs.
private func definedFunctions() throws -> Set<String> {
    let folder = root.appending(path: "Sources/VerbsABI")
    var names: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
        let text = try String(contentsOf: file, encoding: .utf8)
        for match in text.matches(of: /@c @implementation\npublic func (\w+)\(/) { names.insert(String(match.1)) }
        for match in text.matches(of: /@c\((_?ibv_\w+)\)/) { names.insert(String(match.1)) }
    }
    return names
}

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

private typealias VersionedLookup = @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
) -> UnsafeMutableRawPointer?

/// dlvsym(3), which the C library's module does not show.
private func versionedLookup() throws -> VersionedLookup {
    let address = unsafe try #require(unsafe dlsym(nil, "dlvsym"))
    return unsafe unsafeBitCast(address, to: VersionedLookup.self)
}

@Test func theMapNamesExactlyWhatIsDefined() throws {
    let nodes = try exportedNodes()
    let functions = try definedFunctions()
    #expect(Set(nodes.keys) == functions)
    #expect(functions.contains("ibv_open_device") && functions.contains("_ibv_query_gid_ex"))
}

/// The real library defines each name under the same node, and under no later one.
@Test func everyNameHasTheNodeOfTheRealLibrary() throws {
    let library = unsafe try #require(unsafe dlopen("libibverbs.so.1", RTLD_NOW))
    let dlvsym = unsafe try versionedLookup()
    let later = (0...14).map { "IBVERBS_1.\($0)" }
    for (name, node) in try exportedNodes() {
        let found = unsafe dlvsym(library, name, node)
        #expect(unsafe found != nil, "\(name) is not in \(node)")
        #expect(unsafe found == dlsym(library, name), "\(name) has another default than \(node)")
        guard let position = later.firstIndex(of: node) else { continue }
        for other in later[(position + 1)...] { #expect(unsafe dlvsym(library, name, other) == nil, "\(name) is in \(other)") }
    }
}
