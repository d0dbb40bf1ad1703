// Examination+Software.swift - libraries and programs that are installed.
import Platform

extension Examination {
    /// The libraries that the preload stands before, and whose helpers it leaves in place.
    static func verbsLibraries() -> Finding {
        let name = "rdma-core"
        let missing = ["libibverbs.so.1", "librdmacm.so.1"].filter { Program.libraryPath($0) == nil }
        guard missing.isEmpty, let path = Program.libraryPath("libibverbs.so.1") else {
            return Finding(
                name, "no \(missing.joined(separator: ", "))", .fatal,
                "Verbs programs and the device cannot be loaded.",
                remedy: "Debian: apt-get install libibverbs1 librdmacm1.")
        }
        // libibverbs.so.1.14.44.0 is of rdma-core 44.0.
        let numbers = path.split(separator: ".").suffix(2).joined(separator: ".")
        return Finding(name, "\(numbers) (\(path))", .good, "Verbs programs can be loaded.")
    }

    static func preloadLibrary() -> Finding {
        let name = "preload library"
        do {
            return Finding(name, try PreloadLibrary.locate().path, .good, "verbena run can give programs the device.")
        } catch {
            let refusal = error as? Refusal
            return Finding(
                name, "not usable", .fatal, refusal?.text ?? "\(error)",
                remedy: refusal?.remedy ?? "Build it: swift build --product verbena-preload.")
        }
    }

    static func tools() -> Finding {
        let packages = [("ibverbs-utils", "ibv_devinfo"), ("perftest", "ib_write_bw"), ("qperf", "qperf")]
        let installed = packages.filter { isInstalled($0.1) }.map(\.0)
        let absent = packages.filter { !isInstalled($0.1) }.map(\.0)
        return Finding(
            "test programs", installed.isEmpty ? "none" : installed.joined(separator: ", "),
            absent.isEmpty ? .good : .neutral,
            absent.isEmpty ? "The usual ones are there to try." : "Not needed, but good to try the device with.",
            remedy: absent.isEmpty ? "" : "Debian: apt-get install \(absent.joined(separator: " ")).")
    }

    private static func isInstalled(_ program: String) -> Bool {
        do {
            _ = try Program.locate(program)
            return true
        } catch {
            return false
        }
    }
}
