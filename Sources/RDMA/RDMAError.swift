// RDMAError.swift - the one error that this module throws.
//
// Owns: what went wrong, told for a program (`kind`) and for a person (object, rule, remedy). Does not: choose the words
// for each refusal (`RDMAError+Refusals`).
// Counterpart: errno(3) after a verb, ibv_wc_status_str(3) after a completion.

@_exported public import enum Verbs.CompletionStatus

/// What went wrong: which object refused, which rule it kept, and what to do about it.
///
/// Every throwing function of this module throws this type, so that a `catch` needs no cast. A program decides by
/// ``kind``; a person reads ``description``.
public struct RDMAError: Error, Hashable, Sendable {
    /// What refused.
    public enum Object: String, Hashable, Sendable {
        /// An opened device, or the search for one.
        case device = "Device"
        /// A protection domain.
        case protectionDomain = "ProtectionDomain"
        /// A memory region.
        case memoryRegion = "MemoryRegion"
        /// A piece of a peer's memory.
        case remoteMemory = "RemoteMemory"
        /// A completion queue.
        case completionQueue = "CompletionQueue"
        /// A completion channel.
        case completionChannel = "CompletionChannel"
        /// A queue pair, or a request posted to it.
        case queuePair = "QueuePair"
        /// A shared receive queue.
        case sharedReceiveQueue = "SharedReceiveQueue"
        /// An address handle.
        case addressHandle = "AddressHandle"
    }

    /// What kind of refusal it was.
    public enum Kind: Hashable, Sendable {
        /// There is no device of that name, or the device cannot be reached.
        case noDevice
        /// An argument is outside what the call or the device allows (`EINVAL`).
        case invalidArgument
        /// The device, the process or the locked-memory allowance has none left (`ENOMEM`, `EMFILE`, `ENOSPC`).
        case outOfResources
        /// The queue holds as many requests as it was made for; poll completions first (`ENOMEM` from a post).
        case queueFull
        /// The queue pair's state does not allow this (`EINVAL`).
        case wrongState
        /// The system forbids it to this process (`EPERM`, `EACCES`).
        case notPermitted
        /// The device does not do this (`EOPNOTSUPP`).
        case notSupported
        /// A posted request was carried out and failed, with this status.
        case workFailed(CompletionStatus)
        /// Any other error number of the system.
        case system(Int32)
    }

    /// What refused.
    public let object: Object
    /// What kind of refusal it was: what a program decides by.
    public let kind: Kind
    /// The rule that was kept, in words.
    public let rule: String
    /// What helps, in words.
    public let remedy: String

    /// Makes an error; programs that build on this module may throw it too.
    public init(_ object: Object, _ kind: Kind, rule: String, remedy: String) {
        self.object = object
        self.kind = kind
        self.rule = rule
        self.remedy = remedy
    }
}

extension RDMAError: CustomStringConvertible {
    /// "QueuePair: the send queue is full (64 requests). Poll its completions first." and the like.
    public var description: String { "\(object.rawValue): \(rule). \(remedy)." }
}
