// SharedFile.swift - a nameless file that a child writes and the test reads.
import Glibc
import Platform
import Synchronization
import Testing

/// A file in a folder of its own that is removed at once; open until the end.
final class SharedFile {
    let number: Int32
    private let owner: OwnedDescriptor
    private static let serial = Atomic<UInt32>(0)

    init() throws {
        let path = "/tmp/verbena-test-\(getpid())-\(Self.serial.add(1, ordering: .relaxed).newValue)"
        number = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try #require(number >= 0)
        owner = OwnedDescriptor(adopting: number)
        #expect(unsafe unlink(path) == 0)
    }

    /// All that was written.
    var text: String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe pread(number, &piece, piece.count, bytes.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }
}
