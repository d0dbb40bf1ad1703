// SourceTree.swift - every text file of the repository that the rules speak about.

import Foundation

/// The files below the root, in a fixed order.
struct SourceTree {
    let files: [SourceFile]

    /// The folders that hold what we write; build folders and git's own are elsewhere.
    private static let folders = ["Sources", "Tests", "Benchmarks", "Examples", "scripts", ".ci", "litmus"]

    /// Reads the repository that this file stands in.
    static func repository(from thisFile: String = #filePath) throws -> SourceTree {
        let root = URL(filePath: thisFile).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var paths = try FileManager.default.contentsOfDirectory(atPath: root.path)
            .filter { $0.hasSuffix(".md") || $0 == "Package.swift" }
        for folder in folders {
            guard let below = FileManager.default.enumerator(atPath: root.appending(path: folder).path) else { continue }
            while let path = below.nextObject() as? String { paths.append(folder + "/" + path) }
        }
        let files = paths.filter { !$0.contains(".build") }.sorted().compactMap { path in
            // Folders and binary files are not text, and no rule is about them.
            (try? String(contentsOf: root.appending(path: path), encoding: .utf8))
                .map { SourceFile(path: path, text: $0) }
        }
        return SourceTree(files: files)
    }
}
