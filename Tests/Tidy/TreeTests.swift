// TreeTests.swift - the repository as it stands obeys every rule.

import Testing

/// The tree, read once for all rules.
private let tree = Result { try SourceTree.repository() }

@Test func theTreeIsRead() throws {
    let files = try tree.get().files
    #expect(files.contains { $0.path == "Tests/Tidy/TreeTests.swift" })
    #expect(files.contains { $0.module == "Verbs" })
}

@Test(arguments: [
    ImportRule(), UnsafeRule(files: Exceptions.unsafeFiles), HeaderRule(), TypeNameRule(),
    FunctionLengthRule(exceptions: Exceptions.longFunctions), FileLengthRule(), UnfinishedRule(), OutsidePathRule(),
] as [any Rule & Sendable])
func theTreeObeys(rule: any Rule & Sendable) throws {
    for finding in rule.findings(in: try tree.get()) { Issue.record("\(finding)") }
}

@Test func everyModuleIsInTheImportTable() throws {
    let modules = Set(try tree.get().files.filter(\.isSwift).compactMap(\.module))
    #expect(modules.subtracting(ImportRule.table.keys).subtracting(["verbena"]) == [])
}

@Test func noExceptionIsStale() throws {
    let tree = try tree.get()
    #expect(FunctionLengthRule(exceptions: Exceptions.longFunctions).staleExceptions(in: tree) == [])
    #expect(Exceptions.unsafeFiles.subtracting(tree.files.map(\.path)) == [])
}
