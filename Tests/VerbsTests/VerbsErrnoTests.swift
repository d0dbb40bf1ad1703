// VerbsErrnoTests.swift - the errno of every refusal is the one that the manual pages name.

import Testing
import Verbs

@Test func errnosAreLinuxNumbers() {
    #expect(VerbsErrno.invalidArgument.rawValue == 22)
    #expect(VerbsErrno.notSupported.rawValue == 95)
}
