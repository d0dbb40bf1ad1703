// UnsafeRule.swift - where unsafe code may stand.

/// `unsafe` is for the edges: the operating system, the C surface, and the named files that touch shared memory.
struct UnsafeRule: Rule {
    /// Modules whose work is unsafe by nature.
    static let modules: Set<String> = ["Platform", "VerbsABI", "VerbenaPreload"]
    /// Single files elsewhere, by path.
    let files: Set<String>

    func covers(_ file: SourceFile) -> Bool {
        guard file.isSwift, let module = file.module else { return false }
        return !Self.modules.contains(module)
    }

    func findings(in file: SourceFile) -> [Finding] {
        let places = file.code.enumerated().filter { Self.isUnsafe($0.element) }
        if files.contains(file.path) {
            guard places.isEmpty else { return [] }
            return [Finding(path: file.path, line: 1, message: "is listed for unsafe code and holds none: unlist it")]
        }
        guard let first = places.first else { return [] }
        let message = "unsafe code on \(places.count) lines, and the file is not listed for it"
        return [Finding(path: file.path, line: first.offset + 1, message: message)]
    }

    /// `unsafe` as a word, or an attribute that says the same.
    private static func isUnsafe(_ line: String) -> Bool {
        line.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") })
            .contains { $0 == "unsafe" || $0 == "@unsafe" || $0 == "@safe" }
    }
}
