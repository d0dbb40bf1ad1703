// StatusDocumentTests.swift - docs/STATUS.md says what the rules do.
//
// After a change of a rule: VERBENA_WRITE_DOCS=1 swift test --filter StatusDocument

import Foundation
import Testing
import Verbs

@Test func theStatusDocumentAgreesWithTheTables() throws {
    let file = URL(fileURLWithPath: #filePath).appending(path: "../../../docs/STATUS.md").standardizedFileURL
    let text = try String(contentsOf: file, encoding: .utf8)
    var updated = text
    for section in StatusDocument.sections {
        let start = "<!-- generated: \(section.name) -->"
        let end = "<!-- end: \(section.name) -->"
        let open = try #require(updated.range(of: start), "no section \(section.name)")
        let close = try #require(updated.range(of: end, range: open.upperBound..<updated.endIndex))
        updated.replaceSubrange(open.upperBound..<close.lowerBound, with: "\n\n" + section.text + "\n\n")
    }
    if ProcessInfo.processInfo.environment["VERBENA_WRITE_DOCS"] != nil {
        try updated.write(to: file, atomically: true, encoding: .utf8)
    } else {
        let changed = zip(text.split(separator: "\n"), updated.split(separator: "\n")).first { $0 != $1 }
        #expect(text == updated, "first difference: \(String(describing: changed))")
    }
}
