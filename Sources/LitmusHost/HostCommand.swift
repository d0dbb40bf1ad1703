// HostCommand.swift - one statement as the system call that carries it out.
import CHostActor
import KernelMemory
import Litmus

/// One statement as a command to a process.
struct HostCommand {
    /// The process that carries it out; nil: the nursery, which holds the objects.
    let process: ProcessID?
    let packet: verbena_host_command

    /// Nil: no call does that.
    init?(_ operation: Operation, _ table: HostCommandTable) {
        guard let packet = table.packet(operation) else { return nil }
        self.packet = packet
        process = [.truncate, .unbindProvider].contains(operation.kind) ? nil : operation.process
    }
}
