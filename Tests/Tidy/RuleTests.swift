// RuleTests.swift - each rule is shown to refuse what it should and to let the rest pass.

import Testing

private func findings(_ rule: some Rule, _ path: String, _ text: String) -> [Int] {
    let file = SourceFile(path: path, text: text)
    return rule.covers(file) ? rule.findings(in: file).map(\.line) : []
}

private let device = "Sources/Device/Thing.swift"

@Test func importsOutsideTheTableAreFound() {
    #expect(findings(ImportRule(), device, "import Verbs\nimport Glibc\n") == [2])
    #expect(findings(ImportRule(), "Sources/Verbs/Thing.swift", "@preconcurrency public import struct Platform.Clock") == [1])
    #expect(findings(ImportRule(), "Sources/Fabric/Thing.swift", "import Foundation") == [1])
    #expect(findings(ImportRule(), "Sources/verbena/Thing.swift", "import CVerbs\nimport Device") == [1])
    #expect(findings(ImportRule(), "Sources/Elsewhere/Thing.swift", "import Verbs") == [1])
    #expect(findings(ImportRule(), device, "// import Glibc\nlet text = \"import Glibc\"\nimport Fabric") == [])
}

@Test func unsafeCodeOutsideItsFilesIsFound() {
    let rule = UnsafeRule(files: ["Sources/Device/Listed.swift"])
    #expect(findings(rule, device, "let a = 1\nlet b = unsafe pointer[0]\n@unsafe struct C {}") == [2])
    #expect(findings(rule, device, "// unsafe\nlet unsafely = \"unsafe\"") == [])
    #expect(findings(rule, "Sources/Device/Listed.swift", "let b = unsafe pointer[0]") == [])
    #expect(findings(rule, "Sources/Device/Listed.swift", "let b = 1") == [1])
    #expect(findings(rule, "Sources/Platform/Thing.swift", "let b = unsafe pointer[0]") == [])
}

@Test func filesThatDoNotSayWhatTheyAreAreFound() {
    #expect(findings(HeaderRule(), device, "// Thing.swift - the thing itself.\n") == [])
    #expect(findings(HeaderRule(), device, "// Other.swift - the thing itself.\n") == [1])
    #expect(findings(HeaderRule(), device, "// Thing.swift - \n") == [1])
    #expect(findings(HeaderRule(), device, "import Verbs\n// Thing.swift - the thing itself.\n") == [1])
}

@Test func filesNamedAfterNothingAreFound() {
    #expect(findings(TypeNameRule(), device, "public struct Thing {}\nextension Thing: Equatable {}\n") == [])
    #expect(findings(TypeNameRule(), device, "struct Thing {}\nprivate struct Part {}\n") == [])
    #expect(findings(TypeNameRule(), device, "struct Thing {}\nfinal class Second {}\n") == [2])
    #expect(findings(TypeNameRule(), device, "func lonely() {}\n") == [1])
    #expect(findings(TypeNameRule(), "Sources/Device/Thing+Copying.swift", "extension Thing {}\n") == [])
    #expect(findings(TypeNameRule(), "Sources/Device/Thing+Copying.swift", "extension Other {}\n") == [1])
    #expect(findings(TypeNameRule(), "Sources/VerbsABI/Calls.swift", "func lonely() {}\n") == [])
}

@Test func longFunctionsAreFound() {
    let body = String(repeating: "    work()\n", count: FunctionLengthRule.limit)
    let long = "import Verbs\nfunc long(a: Int) {\n\(body)}\n"
    #expect(findings(FunctionLengthRule(exceptions: [:]), device, long) == [2])
    #expect(findings(FunctionLengthRule(exceptions: ["\(device): long": "a reason"]), device, long) == [])
    #expect(findings(FunctionLengthRule(exceptions: [:]), device, "init() {\n\(body)}\n") == [1])
    #expect(findings(FunctionLengthRule(exceptions: [:]), device, "func one() {}\n\(body)func two() {}\n") == [])
    #expect(findings(FunctionLengthRule(exceptions: [:]), device, "func a() {\nlet brace = \"}\" // }\n\(body)}\n") == [1])
    let c = "static int long_one(int a,\n                    int b)\n{\n\(body)}\n"
    #expect(findings(FunctionLengthRule(exceptions: [:]), "Sources/CPlatform/thing.c", c) == [1])
    #expect(findings(FunctionLengthRule(exceptions: [:]), "Sources/CPlatform/thing.c", "int declared(int a);\n\(body)") == [])
}

@Test func staleExceptionsAreFound() {
    let tree = SourceTree(files: [SourceFile(path: device, text: "func short() {}\n")])
    let rule = FunctionLengthRule(exceptions: ["\(device): short": "a reason"])
    #expect(rule.staleExceptions(in: tree) == ["\(device): short"])
}

@Test func longFilesAreFound() {
    #expect(findings(FileLengthRule(), device, String(repeating: "x\n", count: FileLengthRule.limit)) == [])
    #expect(findings(FileLengthRule(), device, String(repeating: "x\n", count: FileLengthRule.limit + 1)) == [501])
}

@Test func markersOfUnfinishedWorkAreFound() {
    for marker in UnfinishedRule.markers {
        #expect(findings(UnfinishedRule(), device, "let a = 1\n// \(marker): later\n") == [2])
    }
    #expect(findings(UnfinishedRule(), device, "let template = \"name.XXXXXX\"") == [])
}

@Test func pathsOutsideTheRepositoryAreFound() {
    for folder in OutsidePathRule.folders {
        #expect(findings(OutsidePathRule(), "README.md", "one\nsee \(folder)thing\n") == [2])
    }
    #expect(findings(OutsidePathRule(), "README.md", "a sha" + "red/private mapping of Sources/Fabric/SharedLock.swift\n") == [1])
    #expect(findings(OutsidePathRule(), "README.md", "memory that is shared; network/\n") == [])
}

@Test func theMaskKeepsLinesAndBlanksText() {
    let text = "let a = \"x\\(call(\"}\"))y\" // {\n/* { /* } */ */ let b = #\"\"\"#\nlet c = \"\"\"\n{\n\"\"\"\n}"
    let masked = SourceFile(path: device, text: text).code
    #expect(masked.count == 6)
    #expect(masked[0].trimmingSpaces == "let a =")
    #expect(masked[1].trimmingSpaces == "let b =")
    #expect(masked[2...4].map(\.trimmingSpaces) == ["let c =", "", ""])
    #expect(masked[5] == "}")
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop(while: { $0 == " " }).reversed().drop(while: { $0 == " " }).reversed())
    }
}
