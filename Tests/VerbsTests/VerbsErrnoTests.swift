import Testing
import Verbs

@Test func errnosAreLinuxNumbers() {
    #expect(VerbsErrno.invalidArgument.rawValue == 22)
    #expect(VerbsErrno.notSupported.rawValue == 95)
}
