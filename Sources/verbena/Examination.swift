// Examination.swift - what `verbena doctor` looks at, in the order in which it shows it.
//
// Owns: the list. Each finding is made by one function of an extension: Kernel, Processes, Software.
import Platform

/// The examination of this machine.
enum Examination {
    static func all() -> [Finding] {
        [kernel(), memoryFile(), localSockets()]
            + siblings()
            + [traceScope(), memlock(), processNamespace(), seccomp(), ioUring(), userfaultfd(), forks(), memoryAreas()]
            + [sharedMemoryFolder()]
            + [verbsLibraries(), preloadLibrary(), tools()]
    }

    /// "refused (Operation not permitted)", or what was given where nothing was refused.
    static func outcome(_ refusal: Int32?, _ granted: String) -> String {
        guard let refusal else { return granted }
        return "refused (\(SystemError.text(of: refusal)))"
    }
}
