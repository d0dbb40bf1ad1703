// ProcessMemory.swift - reads and writes the memory of another process.
//
// Owns: nothing. Does not: retry, or split; the kernel stops at the first page it cannot touch, and says how far it
// came.
// Counterpart: process_vm_readv(2), process_vm_writev(2).
public import CPlatform

/// Copies between this process and another, by the kernel.
public enum ProcessMemory {
    /// Writes the local pieces into the remote ones: bytes moved, or -errno. errno stays as it was.
    @inlinable
    public static func write(
        to process: Int32, local: UnsafePointer<IOVector>, localCount: Int,
        remote: UnsafePointer<IOVector>, remoteCount: Int
    ) -> Int {
        unsafe Int(verbena_process_write(process, local, localCount, remote, remoteCount))
    }

    /// Reads the remote pieces into the local ones: bytes moved, or -errno. errno stays as it was.
    @inlinable
    public static func read(
        from process: Int32, local: UnsafePointer<IOVector>, localCount: Int,
        remote: UnsafePointer<IOVector>, remoteCount: Int
    ) -> Int {
        unsafe Int(verbena_process_read(process, local, localCount, remote, remoteCount))
    }
}
