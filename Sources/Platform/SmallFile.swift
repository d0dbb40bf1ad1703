// SmallFile.swift - reads the small files in which the kernel describes itself.
//
// Owns: nothing beyond the call. Counterpart: open(2), read(2), readlink(2).
import CPlatform
import Glibc

/// Whole small files, as under /proc, /sys and /etc.
public enum SmallFile {
    /// All bytes, or the first `limit` at least; nil if the file cannot be read that far.
    public static func read(_ path: String, limit: Int = .max) -> [UInt8]? {
        let opened = unsafe verbena_open_for_reading(path)
        guard opened >= 0 else { return nil }
        let descriptor = OwnedDescriptor(adopting: opened)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = unsafe verbena_read(descriptor.number, &piece, piece.count)
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += piece[..<Int(count)]
        }
        return bytes
    }

    /// All text without the white space at its end; nil if the file cannot be read.
    public static func text(_ path: String) -> String? {
        guard var bytes = read(path) else { return nil }
        while let last = bytes.last, last <= UInt8(ascii: " ") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where a symbolic link leads.
    public static func linkTarget(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink(path, &bytes, bytes.count)
        guard length >= 0 else { return nil }
        return String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
