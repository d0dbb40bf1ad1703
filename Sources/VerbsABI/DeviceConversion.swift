// DeviceConversion.swift - a device and its port as C structs.
//
// Owns: which member says what. Does not: choose the limits (`DeviceLimits`). What the device does not do is zero here.
// C counterpart: struct ibv_device_attr, struct ibv_device_attr_ex, struct ibv_port_attr.

import CVerbs
import Device
import Verbs

extension DeviceContext {
    var attributes: ibv_device_attr {
        var c = ibv_device_attr()
        put("verbena", into: &c.fw_ver)
        c.node_guid = description.nodeGUID.bigEndian
        c.sys_image_guid = description.nodeGUID.bigEndian
        c.vendor_id = description.vendorID
        c.vendor_part_id = description.vendorPartID
        c.device_cap_flags =
            IBV_DEVICE_SYS_IMAGE_GUID.rawValue | IBV_DEVICE_RC_RNR_NAK_GEN.rawValue | IBV_DEVICE_XRC.rawValue
            | IBV_DEVICE_MEM_WINDOW.rawValue | IBV_DEVICE_MEM_WINDOW_TYPE_2B.rawValue
        c.atomic_cap = IBV_ATOMIC_HCA
        c.phys_port_cnt = limits.portCount
        c.max_pkeys = limits.partitionKeyTableLength
        putCounts(into: &c)
        putSizes(into: &c)
        return c
    }

    private func putCounts(into c: inout ibv_device_attr) {
        c.max_qp = Int32(limits.maxQueuePairs)
        c.max_cq = Int32(limits.maxCompletionQueues)
        c.max_mr = Int32(limits.maxMemoryRegions)
        c.max_mw = Int32(limits.maxMemoryWindows)
        c.max_mcast_grp = Int32(limits.maxMulticastGroups)
        c.max_mcast_qp_attach = Int32(limits.maxMulticastMembers)
        c.max_total_mcast_qp_attach = Int32(limits.maxMulticastAttachments)
        c.max_pd = Int32(limits.maxProtectionDomains)
        c.max_srq = Int32(limits.maxSharedReceiveQueues)
        c.max_ah = Int32(limits.maxAddressHandles)
    }

    private func putSizes(into c: inout ibv_device_attr) {
        c.max_mr_size = limits.maxRegionBytes
        // Every size that a page can have, from 4 KiB on.
        c.page_size_cap = ~0xfff
        c.max_qp_wr = Int32(limits.maxQueuePairWorkRequests)
        c.max_sge = Int32(limits.maxScatterGather)
        c.max_sge_rd = Int32(limits.maxScatterGather)
        c.max_cqe = Int32(limits.maxCompletionQueueEntries)
        c.max_srq_wr = Int32(limits.maxSharedReceiveWorkRequests)
        c.max_srq_sge = Int32(limits.maxScatterGather)
        c.max_qp_rd_atom = Int32(limits.maxReadAtomicPerQueuePair)
        c.max_qp_init_rd_atom = Int32(limits.maxReadAtomicPerQueuePair)
        c.max_res_rd_atom = Int32(limits.maxReadAtomicPerQueuePair) * Int32(limits.maxQueuePairs)
    }

    /// Nothing holds pages here, whatever a registration says: everything that a transport does, it does on demand.
    private var onDemandCapabilities: ibv_odp_caps {
        let messages = IBV_ODP_SUPPORT_SEND.rawValue | IBV_ODP_SUPPORT_RECV.rawValue
        let unreliable = messages | IBV_ODP_SUPPORT_WRITE.rawValue
        let shared = IBV_ODP_SUPPORT_SRQ_RECV.rawValue
        var c = ibv_odp_caps()
        c.general_caps = UInt64(IBV_ODP_SUPPORT.rawValue | IBV_ODP_SUPPORT_IMPLICIT.rawValue)
        c.per_transport_caps.ud_odp_caps = messages | shared
        c.per_transport_caps.uc_odp_caps = unreliable | shared
        c.per_transport_caps.rc_odp_caps =
            unreliable | shared | IBV_ODP_SUPPORT_READ.rawValue | IBV_ODP_SUPPORT_ATOMIC.rawValue
        return c
    }

    /// IB_UVERBS_DEVICE_ATOMIC_WRITE of the kernel, which headers older than the flag do not name.
    private static let atomicWriteCapability: UInt64 = 1 << 40

    var extendedAttributes: ibv_device_attr_ex {
        var c = ibv_device_attr_ex()
        c.orig_attr = attributes
        c.max_dm_size = limits.maxDeviceMemoryBytes
        c.odp_caps = onDemandCapabilities
        c.cq_mod_caps.max_cq_count = ModerationRules.countMax
        c.cq_mod_caps.max_cq_period = ModerationRules.periodMicrosecondsMax
        c.completion_timestamp_mask = limits.timestampMask
        c.hca_core_clock = limits.clockKilohertz
        c.device_cap_flags_ex = UInt64(attributes.device_cap_flags) | Self.atomicWriteCapability
        c.phys_port_cnt_ex = UInt32(limits.portCount)
        return c
    }
}

extension PortAttributes {
    var c: ibv_port_attr {
        var c = ibv_port_attr()
        c.state = IBV_PORT_ACTIVE
        c.max_mtu = ibv_mtu(rawValue: UInt32(mtu))
        c.active_mtu = ibv_mtu(rawValue: UInt32(mtu))
        c.gid_tbl_len = gidTableLength
        c.max_msg_sz = maxMessageBytes
        c.pkey_tbl_len = partitionKeyTableLength
        c.lid = localIdentifier
        c.link_layer = linkLayer.rawValue
        c.port_cap_flags = IBV_PORT_CM_SUP.rawValue
        if linkLayer == .ethernet {
            c.port_cap_flags |= IBV_PORT_IP_BASED_GIDS.rawValue
            // RoCE routes by GID only.
            c.flags = UInt8(truncatingIfNeeded: IB_UVERBS_QPF_GRH_REQUIRED.rawValue)
        }
        putLink(into: &c)
        return c
    }

    /// What a link that is up shows: a four-lane EDR one, of which nothing here is true but that it is up.
    private func putLink(into c: inout ibv_port_attr) {
        c.max_vl_num = 1
        c.active_width = 2
        c.active_speed = 32
        c.phys_state = 5
    }
}
