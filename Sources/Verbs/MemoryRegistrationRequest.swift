// MemoryRegistrationRequest.swift - what a program asks for when it registers memory.
//
// C: the arguments of ibv_reg_mr_iova2.

/// What a program asks for when it registers memory.
public struct MemoryRegistrationRequest: Equatable, Sendable {
    /// Where the memory is in the process.
    public var address: UInt64
    /// Bytes.
    public var length: UInt64
    /// What accesses will call its first byte; the same as `address` unless told otherwise.
    public var deviceAddress: UInt64
    public var access: AccessFlags

    /// The whole address space at once: on demand only.
    public var isImplicit: Bool { address == 0 && length == .max }

    public init(address: UInt64, length: UInt64, deviceAddress: UInt64? = nil, access: AccessFlags) {
        self.address = address
        self.length = length
        self.deviceAddress = deviceAddress ?? address
        self.access = access
    }
}
