// ImportRule.swift - which module may import which.

/// The import table of ARCHITECTURE.md. A module that is not in it may not exist.
struct ImportRule: Rule {
    /// What each module may import besides the standard library; nil for the rest means: all but `refused`.
    static let table: [String: Set<String>] = [
        "Verbs": [],
        "KernelMemory": ["Verbs"],
        "Litmus": ["KernelMemory", "Verbs"],
        "RoCE": ["Verbs"],
        "Platform": ["Glibc", "CPlatform", "Synchronization"],
        "LitmusHost": ["Litmus", "KernelMemory", "Platform", "CHostActor"],
        "Fabric": ["Verbs", "Platform", "Synchronization"],
        "Device": ["Verbs", "Fabric", "RoCE", "Platform", "Synchronization"],
        "RDMA": ["Device", "Fabric", "Verbs", "Platform", "Synchronization"],
        "VerbsABI": ["Device", "Fabric", "Verbs", "Platform", "CVerbs", "Synchronization"],
        "VerbenaPreload": ["VerbsABI", "CInterpose"],
    ]
    /// The command line may use every module but the C headers.
    static let refusedByTheCommandLine: Set<String> = ["CVerbs", "Foundation"]

    func covers(_ file: SourceFile) -> Bool { file.isSwift && file.module != nil }

    func findings(in file: SourceFile) -> [Finding] {
        let module = file.module ?? ""
        return file.code.enumerated().compactMap { index, line in
            guard let imported = Self.imported(line), !allows(module, imported) else { return nil }
            return Finding(path: file.path, line: index + 1, message: "\(module) may not import \(imported)")
        }
    }

    private func allows(_ module: String, _ imported: String) -> Bool {
        if module == "verbena" { return !Self.refusedByTheCommandLine.contains(imported) }
        return Self.table[module]?.contains(imported) ?? false
    }

    /// The module that a line imports, whatever attributes, access or kind stand there.
    static func imported(_ line: String) -> String? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })
        guard let keyword = words.firstIndex(of: "import"),
            words[..<keyword].allSatisfy({ $0.hasPrefix("@") || Self.accessLevels.contains(String($0)) })
        else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
        let path = words[(keyword + 1)...].first { !kinds.contains($0) }
        return path?.split(separator: ".").first.map(String.init)
    }

    private static let accessLevels: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
}
