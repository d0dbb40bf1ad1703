// PinCounter.swift - how many pages the whole machine has pinned for devices.
//
// Owns: reading the kernel's two counters. Counterpart: /proc/vmstat, /proc/sys/vm/stat_refresh, Documentation/core-api/pin_user_pages.rst.

/// Pins for devices (FOLL_PIN), of all processes together.
public enum PinCounter {
    /// Pins that were taken and not given back, once for each time that a page is pinned; nil where the kernel does not count them (before
    /// 5.7), or this process may not have the counters brought up to date, which takes root.
    public static func outstanding() -> Int? {
        // Each processor counts for itself until somebody asks.
        guard SmallFile.read("/proc/sys/vm/stat_refresh") != nil, let bytes = SmallFile.read("/proc/vmstat") else { return nil }
        guard let taken = value(of: "nr_foll_pin_acquired ", in: bytes), let given = value(of: "nr_foll_pin_released ", in: bytes) else {
            return nil
        }
        return taken - given
    }

    private static func value(of name: StaticString, in bytes: [UInt8]) -> Int? {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let isNamed = name.withUTF8Buffer { unsafe line.starts(with: $0) }
            if isNamed { return Int(String(decoding: line.dropFirst(name.utf8CodeUnitCount), as: UTF8.self)) }
        }
        return nil
    }
}
