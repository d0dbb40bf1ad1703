// ErrorName.swift - error numbers by their names.

import Glibc

enum ErrorName {
    static func of(_ number: Int32) -> String {
        switch number {
        case 0: "success"
        case EINVAL: "EINVAL"
        case ENOMEM: "ENOMEM"
        case EBUSY: "EBUSY"
        case EOPNOTSUPP: "EOPNOTSUPP"
        case EFAULT: "EFAULT"
        case EPERM: "EPERM"
        case ENODEV: "ENODEV"
        case ENOENT: "ENOENT"
        case ENODATA: "ENODATA"
        case ENOSYS: "ENOSYS"
        case EAGAIN: "EAGAIN"
        case E2BIG: "E2BIG"
        default: "error \(number)"
        }
    }
}
