// CreationRules.swift - whether an object of a given size may be made.
//
// Owns: sizes against `DeviceLimits`. Does not: count the objects that exist, or choose the sizes granted.
// A size beyond the limit is an error and never a smaller object: programs double a size until it is refused.
// C: ibv_create_qp(3), ibv_create_cq(3), ibv_resize_cq(3), ibv_create_srq(3), ibv_modify_srq(3), all of which leave the
// error number open; mlx5 and rxe answer EINVAL for a size, and ENOMEM when the device has no object left.

/// Whether an object of a given size may be made.
public enum CreationRules {
    /// Checks the queues of a queue pair. With a shared receive queue its own receive sizes are not looked at.
    /// - Throws: EINVAL.
    public static func checkQueuePair(
        _ capabilities: QueuePairCapabilities, usesSharedReceiveQueue: Bool, limits: DeviceLimits
    ) throws(VerbsErrno) {
        let sends =
            capabilities.sendWorkRequests <= limits.maxQueuePairWorkRequests
            && capabilities.sendElements <= limits.maxScatterGather
            && capabilities.inlineData <= limits.maxInlineBytes
        let receives =
            usesSharedReceiveQueue
            || capabilities.receiveWorkRequests <= limits.maxQueuePairWorkRequests
                && capabilities.receiveElements <= limits.maxScatterGather
        guard sends, receives else { throw .invalidArgument }
    }

    /// Checks that a type of queue pair may take its receives from a shared queue: ibv_create_qp(3) has it for RC and UD.
    /// - Throws: EINVAL.
    public static func checkSharedReceives(type: QueuePairType) throws(VerbsErrno) {
        guard type != .unreliableConnection else { throw .invalidArgument }
    }

    /// Checks a completion queue. C passes signed numbers: negative ones are refused.
    /// - Throws: EINVAL.
    public static func checkCompletionQueue(
        entries: Int, vector: Int, limits: DeviceLimits
    ) throws(VerbsErrno) {
        guard vector >= 0, vector < Int(limits.completionVectors) else { throw .invalidArgument }
        try checkResize(entries: entries, occupied: 0, limits: limits)
    }

    /// Checks a new size for a completion queue that holds some completions already.
    /// - Throws: EINVAL.
    public static func checkResize(entries: Int, occupied: Int, limits: DeviceLimits) throws(VerbsErrno) {
        guard entries >= 1, entries >= occupied, entries <= Int(limits.maxCompletionQueueEntries) else {
            throw .invalidArgument
        }
    }

    /// Checks a shared receive queue.
    /// - Throws: EINVAL.
    public static func checkSharedReceiveQueue(
        workRequests: UInt32, elements: UInt32, limits: DeviceLimits
    ) throws(VerbsErrno) {
        guard workRequests >= 1, workRequests <= limits.maxSharedReceiveWorkRequests,
            elements <= limits.maxScatterGather
        else { throw .invalidArgument }
    }

    /// Checks the fill level below which a shared receive queue reports.
    /// - Throws: EINVAL when it is above the queue's size.
    public static func checkSharedReceiveQueueLimit(_ limit: UInt32, workRequests: UInt32) throws(VerbsErrno) {
        guard limit <= workRequests else { throw .invalidArgument }
    }

    /// Checks device memory of a size, aligned to a power of two.
    /// - Throws: EINVAL for a size that the device never has, and for an alignment above a page's; ENOMEM when it has not
    ///   so much left.
    public static func checkDeviceMemory(
        byteCount: UInt64, alignmentShift: UInt32, inUse: UInt64, limits: DeviceLimits
    ) throws(VerbsErrno) {
        guard byteCount >= 1, byteCount <= limits.maxDeviceMemoryBytes, alignmentShift <= PageSize.base4K.shift else {
            throw .invalidArgument
        }
        guard inUse <= limits.maxDeviceMemoryBytes - byteCount else { throw .noMemory }
    }

    /// Checks that one more object of a kind fits on the device.
    /// - Throws: ENOMEM.
    public static func checkRoom(existing: UInt32, maximum: UInt32) throws(VerbsErrno) {
        guard existing < maximum else { throw .noMemory }
    }
}
