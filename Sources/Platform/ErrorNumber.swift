// ErrorNumber.swift - the errno values that callers of this module tell apart.
//
// Owns: names for them, so that no other module imports the C library for a constant. Counterpart: errno(3).
import Glibc

/// errno values by name.
public enum ErrorNumber {
    public static let notPermitted = EPERM
    public static let noSuchEntry = ENOENT
    public static let noSuchProcess = ESRCH
    public static let interrupted = EINTR
    public static let badDescriptor = EBADF
    public static let tryAgain = EAGAIN
    public static let outOfMemory = ENOMEM
    public static let accessDenied = EACCES
    public static let badAddress = EFAULT
    public static let invalidArgument = EINVAL
    public static let brokenPipe = EPIPE
    public static let notImplemented = ENOSYS
    public static let messageTooLong = EMSGSIZE
    public static let notSupported = EOPNOTSUPP
    public static let addressInUse = EADDRINUSE
    public static let connectionReset = ECONNRESET
    public static let timedOut = ETIMEDOUT
    public static let tooManyDescriptors = EMFILE
    public static let connectionRefused = ECONNREFUSED
}
