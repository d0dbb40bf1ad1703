// MappedPages.swift - pages of memory that the program mapped.
//
// Owns: nothing. Counterpart: madvise(2), MADV_POPULATE_READ, MADV_POPULATE_WRITE.
import CPlatform

/// Pages of the program's memory.
public enum MappedPages {
    /// Brings the pages of a range into memory. False when part of it is not mapped, or not with these rights.
    public static func bring(address: UInt64, byteCount: UInt64, forWriting: Bool) -> Bool {
        let result = -verbena_bring_pages(address, byteCount, forWriting)
        // Kernels before 5.14 know nothing of it, and bring pages when they are touched.
        return result == 0 || result == ErrorNumber.invalidArgument
    }
}
