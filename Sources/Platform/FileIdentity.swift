// FileIdentity.swift - which file an open descriptor leads to.
//
// Owns: two numbers. They name the file for as long as somebody keeps it open. Counterpart: fstat(2).
import CPlatform

/// What tells one file of this host from another.
public struct FileIdentity: Equatable, Sendable {
    public let inode: UInt64
    /// Linux's device number in the kernel's own 32 bits: 12 of major, 20 of minor.
    public let fileSystem: UInt32

    /// EBADF: the descriptor is not open.
    public init(descriptor: Int32) throws(SystemError) {
        var inode: UInt64 = 0
        var fileSystem: UInt32 = 0
        try SystemError.check(unsafe verbena_file_identity(descriptor, &inode, &fileSystem), "fstat")
        self.inode = inode
        self.fileSystem = fileSystem
    }
}

extension OwnedDescriptor {
    /// Another descriptor of the same open file, closed on exec. The original stays the caller's.
    public static func duplicate(of number: Int32) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemError.check(verbena_duplicate(number), "fcntl F_DUPFD_CLOEXEC"))
    }
}
