// HostNursery.swift - the processes that play a scenario's on the running kernel.
//
// Owns: the channels to the nursery and to each process. Does not: know what a scenario wants.
// Counterpart: Sources/CHostActor. Locking: one thread uses it.
import CHostActor
import KernelMemory
import Platform

/// Starts processes, and has them do one thing after the other.
public final class HostNursery {
    /// What a process answered.
    struct Reply {
        let process: Int32
        let error: Int32
        let signal: Int32
        let value: Int64
    }

    private let channel: OwnedDescriptor
    let process: Int32
    private var slots: [Int32] = []
    /// Far above what any single call takes.
    private static var patienceSeconds: Int32 { 20 }
    /// Slots whose peer has opened the device: it keeps it, with a page of its own, from scenario to scenario.
    private(set) var openPeers: Set<Int> = []

    /// The peer of a slot has opened the device.
    func notePeer(of slot: Int) { openPeers.insert(slot) }

    /// Forks the nursery: early, while this process has one thread.
    public init() throws(HostFailure) {
        var nursery: Int32 = -1
        var slots = [Int32](repeating: -1, count: Bounds.processes)
        let result = unsafe slots.withUnsafeMutableBufferPointer {
            unsafe verbena_host_nursery_start(&nursery, $0.baseAddress)
        }
        guard result > 0 else { throw HostFailure(description: "cannot start processes: \(SystemError.text(of: -result))") }
        process = result
        channel = OwnedDescriptor(adopting: nursery)
        self.slots = slots
    }

    deinit {
        for slot in slots { _ = OwnedDescriptor(adopting: slot) }
        verbena_host_nursery_end(process)
    }

    /// A command to the nursery itself.
    @discardableResult
    func ask(_ command: verbena_host_command) throws(HostFailure) -> Reply { try exchange(channel.number, command) }

    /// A command to the process in a slot.
    func ask(slot: Int, _ command: verbena_host_command) throws(HostFailure) -> Reply { try exchange(slots[slot], command) }

    /// The first word of a process that was just started or forked into a slot.
    func awaitBirth(slot: Int) throws(HostFailure) -> Reply {
        var reply = verbena_host_reply()
        return try checked(unsafe verbena_host_await_birth(slots[slot], &reply, Self.patienceSeconds), reply)
    }

    private func exchange(_ channel: Int32, _ command: verbena_host_command) throws(HostFailure) -> Reply {
        var command = command
        var reply = verbena_host_reply()
        return try checked(unsafe verbena_host_ask(channel, &command, &reply, Self.patienceSeconds), reply)
    }

    private func checked(_ result: Int32, _ reply: verbena_host_reply) throws(HostFailure) -> Reply {
        guard result == 0 else {
            throw HostFailure(description: "a process of the scenario does not answer: \(SystemError.text(of: -result))")
        }
        return Reply(process: reply.process, error: reply.error, signal: reply.signal, value: reply.value)
    }
}
