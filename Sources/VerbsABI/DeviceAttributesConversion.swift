import CVerbs
import Device
extension DeviceAttributes {
    var c: ibv_device_attr { var c = ibv_device_attr(); c.phys_port_cnt = portCount; return c }
    var extended: ibv_device_attr_ex { var c = ibv_device_attr_ex(); c.orig_attr = self.c; return c }
}
extension PortAttributes {
    var c: ibv_port_attr { var c = ibv_port_attr(); c.gid_tbl_len = gidTableLength; return c }
}
