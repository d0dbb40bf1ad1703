// LocalSocket+Bytes.swift - messages as arrays, for callers without a buffer of their own.
//
// Owns: nothing. Counterpart: recvmsg(2).

extension LocalSocket {
    /// Receives one message of at most `byteCountMax` bytes; as `receive(into:)` otherwise.
    public func receive(
        byteCountMax: Int, maxDescriptors: Int, timeoutMilliseconds: Int32 = -1
    ) throws(SystemError) -> (bytes: [UInt8], descriptors: [Int32]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCountMax, 0), alignment: 8)
        defer { unsafe buffer.deallocate() }
        let (byteCount, descriptors) = unsafe try receive(
            into: buffer, maxDescriptors: maxDescriptors, timeoutMilliseconds: timeoutMilliseconds)
        return unsafe (Array(buffer[..<byteCount]), descriptors)
    }
}
