// TargetProgram.swift - the program of `verbena run`: where it is, and whether a library can be preloaded into it.
//
// Counterpart: execvp(3), ld.so(8) (secure-execution mode).
import Platform

/// A program that was found and can be run with the device.
struct TargetProgram {
    let path: String

    /// Finds the program as a shell would, and refuses what the dynamic linker would leave without the device.
    static func locate(_ name: String) throws -> TargetProgram {
        let path: String
        do {
            path = try Program.locate(name)
        } catch {
            throw notFound(name, error)
        }
        if let privilege = try Program.privilege(path) { throw privileged(path, privilege) }
        if Program.isStaticallyLinked(path) {
            Host.writeStandardError(
                "verbena: note: \(path) is statically linked; "
                    + "only dynamically linked programs that it starts see the device\n")
        }
        return TargetProgram(path: path)
    }

    private static func notFound(_ name: String, _ error: SystemError) -> Refusal {
        guard error.number == ErrorNumber.accessDenied else {
            let remedy =
                name.contains("/")
                ? "Check the path; it is taken relative to the working directory."
                : "It is in no folder of PATH. Give its path, or install it "
                    + "(Debian: apt-get install perftest ibverbs-utils for the usual RDMA tools)."
            return Refusal("\(name): program not found", remedy: remedy, status: 127)
        }
        return Refusal(
            "\(name): this user may not execute it",
            remedy: "chmod +x, or give a program instead of a folder or a data file.", status: 126)
    }

    private static func privileged(_ path: String, _ privilege: ProgramPrivilege) -> Refusal {
        let (kind, remedy) =
            switch privilege {
            case .anotherUser: ("set-user-ID", "chmod u-s on a copy of it, or run as the file's owner.")
            case .anotherGroup: ("set-group-ID", "chmod g-s on a copy of it, or run with the file's group.")
            case .capabilities: ("given file capabilities", "setcap -r on a copy of it, or run as root.")
            }
        return Refusal(
            "\(path) is \(kind): the dynamic linker ignores LD_PRELOAD for it, and it would run without the device",
            remedy: remedy, status: 126)
    }
}
