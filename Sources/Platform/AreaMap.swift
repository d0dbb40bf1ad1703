// AreaMap.swift - the virtual memory areas of a process, and what is charged to it.
//
// Owns: reading /proc/PID/smaps and /proc/PID/status. Counterpart: proc(5), Documentation/filesystems/proc.rst (VmFlags).

/// What the kernel says of a process's address space.
public enum AreaMap {
    /// One area.
    public struct Area: Equatable, Sendable {
        public let start: UInt64
        public let end: UInt64
        /// "rd", "wr", "dc", "lo" and so on, as the kernel abbreviates them.
        public let flags: [String]
        /// Of transparent huge pages that are mapped whole.
        public let hugeKibibytes: Int
    }

    /// The areas that lie between two addresses, lowest first; nil for a process that is not there.
    public static func areas(pid: Int32, from low: UInt64, to high: UInt64) -> [Area]? {
        // The kernel walks the tables of every area that it tells of: no more is read than is asked about.
        var limit = 8192
        while true {
            guard let bytes = SmallFile.read("/proc/\(pid)/smaps", limit: limit) else { return nil }
            let found = areas(in: bytes, from: low, to: high)
            if found.isComplete || bytes.count < limit { return found.areas }
            limit *= 2
        }
    }

    /// Complete: an area above all that were asked for has been seen.
    private static func areas(in bytes: [UInt8], from low: UInt64, to high: UInt64) -> (areas: [Area], isComplete: Bool) {
        var areas: [Area] = []
        var bounds: (start: UInt64, end: UInt64)?
        var huge = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if let found = range(line) {
                if found.start >= high { return (areas, true) }
                bounds = found.start < high && found.end > low ? found : nil
            } else if line.starts(with: "AnonHugePages:".utf8) {
                huge = number(line)
            } else if let place = bounds, line.starts(with: "VmFlags:".utf8) {
                let words = line.split(separator: UInt8(ascii: " ")).dropFirst()
                let flags = words.map { String(decoding: $0, as: UTF8.self) }
                areas.append(Area(start: place.start, end: place.end, flags: flags, hugeKibibytes: huge))
            }
        }
        return (areas, false)
    }

    /// Kibibytes that are locked (VmLck) and pinned for long (VmPin) on a process's account.
    public static func charges(pid: Int32) -> (locked: Int, pinned: Int)? {
        guard let bytes = SmallFile.read("/proc/\(pid)/status") else { return nil }
        var charges = (locked: 0, pinned: 0)
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "VmLck:".utf8) { charges.locked = number(line) }
            if line.starts(with: "VmPin:".utf8) { charges.pinned = number(line) }
        }
        return charges
    }

    /// The two addresses at the beginning of an area's first line; nil for any other line.
    private static func range(_ line: ArraySlice<UInt8>) -> (start: UInt64, end: UInt64)? {
        guard let first = line.first, isHexadecimal(first), let blank = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let parts = line[..<blank].split(separator: UInt8(ascii: "-"))
        guard parts.count == 2, let start = UInt64(String(decoding: parts[0], as: UTF8.self), radix: 16),
            let end = UInt64(String(decoding: parts[1], as: UTF8.self), radix: 16)
        else { return nil }
        return (start, end)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func number(_ line: ArraySlice<UInt8>) -> Int {
        line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
