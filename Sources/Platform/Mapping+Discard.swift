// Mapping+Discard.swift - gives pages of a shared mapping back to the system.
//
// Counterpart: madvise(2), MADV_REMOVE.
import Glibc

extension Mapping {
    /// Frees the pages of a range of a shared mapping; they read as zero afterwards, in every process that maps them.
    public borrowing func discard(offset: Int, byteCount: Int) {
        // On a memfd of our own this fails only for a range that is not inside the mapping.
        let remove: Int32 = 9
        precondition(offset >= 0 && byteCount >= 0 && offset + byteCount <= self.byteCount)
        unsafe madvise(base + offset, byteCount, remove)
    }
}
