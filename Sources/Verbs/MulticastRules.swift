// MulticastRules.swift - who may be attached to a multicast group.
//
// Owns: the checks and their error numbers. Does not: hold the groups, or deliver.
// Spec: IBA vol 1, 10.5, 11.3.1.   C: ibv_attach_mcast(3); the kernel's ib_attach_mcast. A queue pair that is attached
// already stays so, and gets one copy of each message.

/// Who may be attached to a multicast group.
public enum MulticastRules {
    /// Checks what both calls are given.
    /// - Throws: EINVAL unless the queue pair is for datagrams, the address is a group's, and an InfiniBand port is given
    ///   a multicast LID.
    public static func check(
        _ group: GlobalIdentifier, localIdentifier: UInt16, type: QueuePairType, linkLayer: LinkLayer
    ) throws(VerbsErrno) {
        // IBA 4.1.3: 0xffff is the permissive LID.
        let isGroupLID = 0xc000...0xfffe ~= localIdentifier
        guard type == .unreliableDatagram, group.isMulticast, linkLayer == .ethernet || isGroupLID else {
            throw .invalidArgument
        }
    }

    /// Checks that there is room for one more.
    /// - Throws: ENOMEM.
    public static func checkRoom(groups: Int, isNewGroup: Bool, members: Int, total: Int, limits: DeviceLimits) throws(VerbsErrno) {
        guard !isNewGroup || groups < Int(limits.maxMulticastGroups), members < Int(limits.maxMulticastMembers),
            total < Int(limits.maxMulticastAttachments)
        else { throw .noMemory }
    }
}
