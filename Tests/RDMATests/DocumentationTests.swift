// DocumentationTests.swift - the programs in the documentation compile.

import Foundation
import Testing

@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let documents = ["README.md"] + ["RDMA", "GettingStarted", "Ownership", "WaitingAndPolling", "Errors"].map {
        "Sources/RDMA/RDMA.docc/\($0).md"
    }

    @Test(arguments: documents) func programsCompile(document: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: document), encoding: .utf8)
        let programs = Self.programs(in: text)
        #expect(!programs.isEmpty)
        for program in programs { #expect(try Compiler.errors(in: program) == [], "\(program)") }
    }

    @Test func everyArticleIsListed() throws {
        let folder = Self.root.appending(path: "Sources/RDMA/RDMA.docc")
        let articles = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".md") }
        #expect(Set(articles.map { "Sources/RDMA/RDMA.docc/" + $0 }) == Set(Self.documents.dropFirst()))
    }

    /// The Swift blocks of a document: one that imports the library begins a program, those that follow continue it.
    private static func programs(in text: String) -> [String] {
        var programs: [String] = []
        for block in text.components(separatedBy: "\n```swift\n").dropFirst() {
            let code = block.components(separatedBy: "\n```")[0] + "\n"
            if code.hasPrefix("import RDMA") {
                programs.append(code)
            } else if !programs.isEmpty {
                programs[programs.count - 1] += code
            } else {
                Issue.record("a block continues no program: \(code)")
            }
        }
        return programs
    }
}
