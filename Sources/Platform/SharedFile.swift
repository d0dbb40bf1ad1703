// SharedFile.swift - the file behind shared memory, so that another process can map the same bytes.
//
// Owns: nothing. Counterpart: proc_pid_map_files(5).
import CPlatform

/// Finds the file behind a shared mapping.
public enum SharedFile {
    /// A descriptor of the file behind a range that lies in one writable shared mapping, and the range's offset in that
    /// file; nil for private memory, or when no descriptor of the file can be had.
    public static func behind(start: UInt64, byteCount: UInt64) -> (descriptor: Int32, offset: UInt64)? {
        var offset: UInt64 = 0
        let result = unsafe verbena_shared_file(start, byteCount, &offset)
        return result < 0 ? nil : (result, offset)
    }
}
