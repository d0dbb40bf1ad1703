// MappingQuery.swift - asks the kernel what this process has mapped.
//
// Owns: nothing; each question opens /proc/self/maps, so that a forked child asks about itself.
// Counterpart: proc_pid_maps(5), PROCMAP_QUERY.
import CPlatform

/// What this process has mapped, as the kernel knows it.
public enum MappingQuery {
    /// The rights that hold for the whole range; nil if some of it is not mapped. An empty range counts as one byte.
    public static func rights(start: UInt64, byteCount: UInt64) -> MappedRights? {
        let result = verbena_mapping_rights(start, byteCount)
        return result < 0 ? nil : MappedRights(rawValue: result)
    }

    /// The mapped parts of a range, each within one mapping, in order.
    public static func mapped(in range: Range<UInt64>) -> [Range<UInt64>] {
        var parts: [Range<UInt64>] = []
        var next = range.lowerBound
        while next < range.upperBound {
            var start: UInt64 = 0, end: UInt64 = 0
            let result = unsafe verbena_mapping_after(next, &start, &end)
            guard result == 0, start < range.upperBound else { break }
            parts.append(max(start, next)..<min(end, range.upperBound))
            next = end
        }
        return parts
    }
}
