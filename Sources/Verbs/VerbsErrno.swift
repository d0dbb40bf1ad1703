// VerbsErrno.swift - the error numbers that the verbs return.
//
// Owns: the numbers, by name. Does not: choose among them (each rule throws its own).
// Counterpart: errno(3) on Linux; the verbs man pages say which call returns which.

/// An error number of a verb. The raw value is Linux's.
@frozen
public struct VerbsErrno: RawRepresentable, Error, Equatable, Hashable, Sendable {
    public let rawValue: Int32

    @inlinable
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// EPERM: the operation is not permitted.
    public static let notPermitted = VerbsErrno(rawValue: 1)
    /// ENOENT: no such device, key or object.
    public static let noSuchEntry = VerbsErrno(rawValue: 2)
    /// EINTR: a signal arrived first.
    public static let interrupted = VerbsErrno(rawValue: 4)
    /// EIO: the device failed.
    public static let inputOutput = VerbsErrno(rawValue: 5)
    /// EBADF: not an open descriptor.
    public static let badDescriptor = VerbsErrno(rawValue: 9)
    /// EAGAIN: nothing there yet, or no room yet.
    public static let tryAgain = VerbsErrno(rawValue: 11)
    /// ENOMEM: out of memory, queue entries or locked-memory allowance.
    public static let noMemory = VerbsErrno(rawValue: 12)
    /// EACCES: access denied.
    public static let accessDenied = VerbsErrno(rawValue: 13)
    /// EFAULT: memory that is not mapped with the needed rights.
    public static let badAddress = VerbsErrno(rawValue: 14)
    /// EBUSY: other objects still depend on this one.
    public static let busy = VerbsErrno(rawValue: 16)
    /// EEXIST: already there.
    public static let exists = VerbsErrno(rawValue: 17)
    /// ENODEV: no such device, or no longer.
    public static let noSuchDevice = VerbsErrno(rawValue: 19)
    /// EINVAL: an argument is outside what the call or the device allows.
    public static let invalidArgument = VerbsErrno(rawValue: 22)
    /// EMFILE: this process has no descriptor left.
    public static let tooManyDescriptors = VerbsErrno(rawValue: 24)
    /// ENOSPC: no number left.
    public static let noSpace = VerbsErrno(rawValue: 28)
    /// ENOSYS: not implemented by this kernel.
    public static let notImplemented = VerbsErrno(rawValue: 38)
    /// ENODATA: the table has no entry there.
    public static let noData = VerbsErrno(rawValue: 61)
    /// EOVERFLOW: a range that ends beyond the address space.
    public static let overflow = VerbsErrno(rawValue: 75)
    /// EPROTONOSUPPORT: transport not supported.
    public static let protocolNotSupported = VerbsErrno(rawValue: 93)
    /// EOPNOTSUPP: the device does not do this.
    public static let notSupported = VerbsErrno(rawValue: 95)
    /// ETIMEDOUT: no answer in time.
    public static let timedOut = VerbsErrno(rawValue: 110)
}
