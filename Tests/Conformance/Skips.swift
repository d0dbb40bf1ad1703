// Skips.swift - the cases that are known not to work, each with its reason.

import Foundation

/// skips.txt: one "case | reason" a line. A listed case is still run, and must fail.
enum Skips {
    static let reasons: [String: String] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "skips.txt").path
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { fatalError("\(path) cannot be read") }
        return parse(text)
    }()

    static func parse(_ text: String) -> [String: String] {
        var reasons: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "|", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, !parts[1].isEmpty else { fatalError("skips.txt: a line without a reason: \(line)") }
            reasons[parts[0]] = parts[1]
        }
        return reasons
    }
}
