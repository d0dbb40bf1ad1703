// QueuePair+Post.swift - the one way from a Swift call to the device's send queue.
//
// Owns: the element's place on the stack while the device reads it. HOT: no allocation, no reference counted; what a
// refusal tells is made in a cold function.
// C: ibv_post_send(3).

internal import Device
import Fabric
@_exported public import struct Verbs.SendFlags
import Verbs

extension QueuePair {
    /// Posts a request of one piece.
    @inline(__always)
    func post(_ request: SendRequest, _ element: ScatterGatherElement) throws(RDMAError) {
        DeviceShare.requireOwner(owner)
        var request = request
        var element = element
        let code = unsafe withUnsafePointer(to: &element) { pointer -> Int32 in
            unsafe request.elements = pointer
            return core.postSend(request)
        }
        if code != 0 { try refuseSend(code, request) }
    }

    /// Posts a request of several pieces.
    @inline(__always)
    func post(_ request: SendRequest, _ list: borrowing ScatterGatherList) throws(RDMAError) {
        DeviceShare.requireOwner(owner)
        var request = request
        unsafe request.elements = list.elements
        request.elementCount = Int32(clamping: list.count)
        let code = core.postSend(request)
        if code != 0 { try refuseSend(code, request) }
    }

    /// Posts a request whose bytes the device copies before this returns.
    @inline(__always)
    func post(_ request: SendRequest, inline bytes: Span<UInt8>) throws(RDMAError) {
        DeviceShare.requireOwner(owner)
        var request = request
        request.flags.insert(.inline)
        let code = unsafe bytes.withUnsafeBytes { buffer -> Int32 in
            var element = ScatterGatherElement(
                address: UInt64(UInt(bitPattern: buffer.baseAddress)), length: UInt32(clamping: buffer.count),
                localKey: MemoryKey(rawValue: 0))
            return unsafe withUnsafePointer(to: &element) { pointer -> Int32 in
                unsafe request.elements = pointer
                return core.postSend(request)
            }
        }
        if code != 0 { try refuseSend(code, request) }
    }

    /// A request without its pieces.
    @inline(__always)
    func request(_ opcode: SendOpcode, _ id: UInt64, _ options: SendFlags) -> SendRequest {
        unsafe SendRequest(workRequestID: id, elements: nil, elementCount: 1, opcode: UInt32(opcode.rawValue), flags: options)
    }
}
