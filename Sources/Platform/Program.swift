// Program.swift - finds a program and becomes it.
//
// Owns: the search along PATH, the check for privileges that the program would gain.
// Counterpart: execvp(3), environ(7), ld.so(8) (secure-execution mode).
import CPlatform
import Glibc

/// Programs in the file system.
public enum Program {
    /// Where the shell would find the program. ENOENT: nowhere; EACCES: it is there, but this user may not execute it.
    public static func locate(_ name: String) throws(SystemError) -> String {
        if name.contains("/") {
            try check(name)
            return name
        }
        var failure = SystemError(number: ENOENT, call: "execvp")
        let path = Host.environment("PATH") ?? "/bin:/usr/bin"
        for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
            let candidate = (folder.isEmpty ? "." : String(folder)) + "/" + name
            do {
                try check(candidate)
                return candidate
            } catch {
                if error.number == EACCES { failure = error }
            }
        }
        throw failure
    }

    /// The privilege that starting the program would give, so that the dynamic linker ignores LD_PRELOAD; nil: none.
    public static func privilege(_ path: String) throws(SystemError) -> ProgramPrivilege? {
        let result = try SystemError.check(unsafe verbena_program_privilege(path), "stat")
        return ProgramPrivilege(rawValue: result)
    }

    /// Whether the file is an ELF program without an interpreter: the dynamic linker never sees it. False for scripts.
    public static func isStaticallyLinked(_ path: String) -> Bool {
        guard let header = SmallFile.read(path, limit: 4096), header.count >= 64 else { return false }
        func number(_ offset: Int, _ count: Int) -> Int {
            guard offset >= 0, offset + count <= header.count else { return 0 }
            return header[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        // ELF, 64 bits, little-endian; a program or a position-independent one.
        guard header[..<6].elementsEqual([0x7F, 0x45, 0x4C, 0x46, 2, 1]), [2, 3].contains(number(16, 2)) else {
            return false
        }
        let tableOffset = number(32, 4), entryBytes = number(54, 2), entryCount = number(56, 2)
        let interpreter = 3
        return !(0..<entryCount).contains { number(tableOffset + $0 * entryBytes, 4) == interpreter }
    }

    /// Becomes the program: same process, same descriptors, so that exit status and signals are its own.
    ///
    /// Returns only to say why it failed.
    public static func replaceSelf(path: String, arguments: [String]) -> SystemError {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        let result = unsafe verbena_program_replace(path, pointers)
        unsafe pointers.forEach { unsafe free($0) }
        return SystemError(number: -result, call: "execve")
    }

    /// Where the dynamic linker finds a library, links resolved; nil: nowhere.
    public static func libraryPath(_ name: String) -> String? {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let result = unsafe path.withUnsafeMutableBytes { bytes in
            unsafe verbena_library_path(name, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
        return result == 0 ? String(decoding: path.prefix { $0 != 0 }, as: UTF8.self) : nil
    }

    private static func check(_ path: String) throws(SystemError) {
        try SystemError.check(unsafe verbena_program_check(path), "access")
    }
}
