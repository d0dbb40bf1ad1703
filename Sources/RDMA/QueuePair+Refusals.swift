// QueuePair+Refusals.swift - what a refused post tells.
//
// Owns: finding out which rule refused; the device tells only a number. Cold: runs only when something was refused, and
// throws by itself, so that a post holds none of it.

internal import Device
import Verbs

extension QueuePair {
    @inline(never)
    func refuseSend(_ code: Int32, _ request: SendRequest) throws(RDMAError) -> Never {
        if code == VerbsErrno.noMemory.rawValue { throw queueFull("send", capabilities.sendWorkRequests) }
        guard let opcode = SendOpcode(rawValue: UInt8(clamping: request.opcode)),
            PostingRules.sendDecision(state: .readyToSend, type: type, opcode: opcode) != .refuse
        else {
            throw invalid("a queue pair of type \(type) cannot do this operation", "Use a type that can")
        }
        if PostingRules.sendDecision(state: state, type: type, opcode: opcode) == .refuse { throw wrongState("sends") }
        if request.flags.contains(.inline), request.elementCount <= capabilities.sendElements {
            throw invalid(
                "an inline request has at most \(capabilities.inlineData) bytes", "Send from a region, or ask for more inlineData")
        }
        throw invalid(
            "a send has at most \(capabilities.sendElements) pieces, not \(request.elementCount)", "Ask for more sendElements")
    }

    @inline(never)
    func refuseReceive(_ code: Int32, pieces: Int) throws(RDMAError) -> Never {
        if code == VerbsErrno.noMemory.rawValue { throw queueFull("receive", capabilities.receiveWorkRequests) }
        if core.sharedReceiveQueue != nil {
            throw invalid("this queue pair takes its receives from a SharedReceiveQueue", "Post them there")
        }
        if PostingRules.receiveDecision(state: state) == .refuse { throw wrongState("receives") }
        throw invalid(
            "a receive has at most \(capabilities.receiveElements) pieces, not \(pieces)", "Ask for more receiveElements")
    }

    @inline(never)
    func refuseTooLong(_ remote: RemoteMemory, _ byteCount: Int) throws(RDMAError) -> Never {
        throw RDMAError(
            .remoteMemory, .invalidArgument, rule: "\(byteCount) bytes do not fit \(remote.byteCount) bytes of the peer",
            remedy: "Name fewer bytes, or more remote memory")
    }

    @inline(never)
    func refuseWithoutAddress() throws(RDMAError) -> Never {
        throw invalid("a datagram needs an address", "Send it `to:` an AddressHandle, made from the peer's endpoint")
    }

    @inline(never)
    func refuseWithAddress() throws(RDMAError) -> Never {
        throw invalid("a queue pair of type \(type) sends to its peer only", "Leave the address out, or make a datagram queue pair")
    }

    private func queueFull(_ queue: String, _ capacity: UInt32) -> RDMAError {
        RDMAError(
            .queuePair, .queueFull, rule: "the \(queue) queue of \(number.rawValue) is full (\(capacity) requests)",
            remedy: "Poll completions first: an unsignaled request keeps its place until a later one completes")
    }

    private func wrongState(_ what: String) -> RDMAError {
        RDMAError(
            .queuePair, .wrongState, rule: "\(number.rawValue) is in state \(state), which takes no \(what)",
            remedy: "Connect it first")
    }

    private func invalid(_ rule: String, _ remedy: String) -> RDMAError {
        RDMAError(.queuePair, .invalidArgument, rule: rule, remedy: remedy)
    }
}
