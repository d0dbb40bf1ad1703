// AreaMap.swift - the virtual memory areas of a process, and what is charged to it.
//
// Owns: reading /proc/PID/smaps and /proc/PID/status. Counterpart: proc(5), Documentation/filesystems/proc.rst (VmFlags).

/// What the kernel says of a process's address space.
public enum AreaMap {
    /// What VmFlags says of an area: each of these is a pair of letters there.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// "rd".
        public static let read = Flags(rawValue: 1 << 0)
        /// "wr".
        public static let write = Flags(rawValue: 1 << 1)
        /// "mw": mprotect may add the right to write.
        public static let mayWrite = Flags(rawValue: 1 << 2)
        /// "dc".
        public static let dontCopy = Flags(rawValue: 1 << 3)
        /// "wf".
        public static let wipeOnFork = Flags(rawValue: 1 << 4)
        /// "lo".
        public static let locked = Flags(rawValue: 1 << 5)
        /// "sh".
        public static let shared = Flags(rawValue: 1 << 6)

        /// The flags behind two letters; empty for those that have no name here.
        init(_ first: UInt8, _ second: UInt8) {
            switch (first, second) {
            case (UInt8(ascii: "r"), UInt8(ascii: "d")): self = .read
            case (UInt8(ascii: "w"), UInt8(ascii: "r")): self = .write
            case (UInt8(ascii: "m"), UInt8(ascii: "w")): self = .mayWrite
            case (UInt8(ascii: "d"), UInt8(ascii: "c")): self = .dontCopy
            case (UInt8(ascii: "w"), UInt8(ascii: "f")): self = .wipeOnFork
            case (UInt8(ascii: "l"), UInt8(ascii: "o")): self = .locked
            case (UInt8(ascii: "s"), UInt8(ascii: "h")): self = .shared
            default: self = []
            }
        }
    }

    /// One area.
    public struct Area: Equatable, Sendable {
        public let start: UInt64
        public let end: UInt64
        public let flags: Flags
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
        var lines = Lines(bytes)
        while let line = lines.next() {
            if let found = range(bytes, line) {
                if found.start >= high { return (areas, true) }
                bounds = found.start < high && found.end > low ? found : nil
            } else if bounds == nil {
                continue
            } else if begins(bytes, line, "AnonHugePages:") {
                huge = number(bytes, line)
            } else if let place = bounds, begins(bytes, line, "VmFlags:") {
                areas.append(Area(start: place.start, end: place.end, flags: flags(bytes, line), hugeKibibytes: huge))
            }
        }
        return (areas, false)
    }

    /// Kibibytes that are locked (VmLck) and pinned for long (VmPin) on a process's account.
    public static func charges(pid: Int32) -> (locked: Int, pinned: Int)? {
        guard let bytes = SmallFile.read("/proc/\(pid)/status") else { return nil }
        var charges = (locked: 0, pinned: 0)
        var lines = Lines(bytes)
        while let line = lines.next() {
            if begins(bytes, line, "VmLck:") { charges.locked = number(bytes, line) }
            if begins(bytes, line, "VmPin:") { charges.pinned = number(bytes, line) }
        }
        return charges
    }

    // MARK: Lines. They are many and read often: nothing is copied.

    /// Where the lines of a text are; the last one may have been cut off, and is left out.
    private struct Lines {
        private let bytes: [UInt8]
        private var place = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> Range<Int>? {
            var end = place
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            guard end < bytes.count else { return nil }
            defer { place = end + 1 }
            return place..<end
        }
    }

    private static func begins(_ bytes: [UInt8], _ line: Range<Int>, _ word: StaticString) -> Bool {
        guard line.count >= word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in
            for index in 0..<word.count where unsafe word[index] != bytes[line.lowerBound + index] { return false }
            return true
        }
    }

    /// The two addresses at the beginning of an area's first line; nil for any other line, which begins with a capital letter.
    private static func range(_ bytes: [UInt8], _ line: Range<Int>) -> (start: UInt64, end: UInt64)? {
        var place = line.lowerBound
        guard let start = hexadecimal(bytes, &place, line.upperBound), place < line.upperBound, bytes[place] == UInt8(ascii: "-")
        else { return nil }
        place += 1
        guard let end = hexadecimal(bytes, &place, line.upperBound) else { return nil }
        return (start, end)
    }

    private static func hexadecimal(_ bytes: [UInt8], _ place: inout Int, _ end: Int) -> UInt64? {
        let first = place
        var value: UInt64 = 0
        while place < end, let digit = digit(bytes[place]) {
            value = value << 4 | digit
            place += 1
        }
        return place == first ? nil : value
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }

    private static func number(_ bytes: [UInt8], _ line: Range<Int>) -> Int {
        var value = 0
        for place in line {
            guard let digit = digit(bytes[place]), digit < 10 else { continue }
            value = value &* 10 &+ Int(digit)
        }
        return value
    }

    /// The pairs of letters after "VmFlags:".
    private static func flags(_ bytes: [UInt8], _ line: Range<Int>) -> Flags {
        let blank = UInt8(ascii: " ")
        var flags: Flags = []
        for place in line.dropLast(2) where bytes[place] == blank && bytes[place + 1] != blank {
            flags.formUnion(Flags(bytes[place + 1], bytes[place + 2]))
        }
        return flags
    }
}
