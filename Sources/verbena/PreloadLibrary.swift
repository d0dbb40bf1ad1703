// PreloadLibrary.swift - finds libverbena-preload.so.
//
// Owns: the places where it may be. Counterpart: ld.so(8), LD_PRELOAD.
import Platform

/// The library that turns a program's verbs calls to the device.
struct PreloadLibrary {
    static let fileName = "libverbena-preload.so"
    let path: String

    /// Beside this program, in ../lib/verbena/, or where VERBENA_PRELOAD says.
    static func locate() throws -> PreloadLibrary {
        let places = candidates()
        guard let path = places.first(where: isReadable) else {
            throw Refusal(
                "\(fileName) not found; looked for \(places.joined(separator: ", "))",
                remedy: "Build it (swift build --product verbena-preload), or set VERBENA_PRELOAD to its path.",
                status: 127)
        }
        // The dynamic linker splits the list at both, and knows no way to quote them.
        guard !path.contains(where: { $0 == " " || $0 == ":" }) else {
            throw Refusal(
                "\(path): LD_PRELOAD cannot name a path with a space or a colon",
                remedy: "Move Verbena to a folder without them, or set VERBENA_PRELOAD to a copy of the library.",
                status: 126)
        }
        return PreloadLibrary(path: path)
    }

    /// This library first, then what was preloaded already.
    func preloadList(before existing: String?) -> String {
        let others = (existing ?? "").split(whereSeparator: { $0 == " " || $0 == ":" }).map(String.init)
        return ([path] + others.filter { $0 != path }).joined(separator: ":")
    }

    private static func candidates() -> [String] {
        var places: [String] = []
        if let program = Host.executablePath, let end = program.lastIndex(of: "/") {
            let folder = String(program[..<end])
            let above = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
            places = [folder + "/" + fileName, above + "/lib/verbena/" + fileName]
        }
        if let named = Host.environment("VERBENA_PRELOAD"), !named.isEmpty { places.append(absolute(named)) }
        return places
    }

    /// The program may change its folder before it starts another.
    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return (SmallFile.linkTarget("/proc/self/cwd") ?? "") + "/" + path
    }

    private static func isReadable(_ path: String) -> Bool {
        SmallFile.read(path, limit: 1).map { !$0.isEmpty } ?? false
    }
}
