// FabricObserver.swift - looks at fabrics from outside, without joining one.
//
// Owns: the round of all processes: their names, their hellos, their segments, mapped to be read only.
// Does not: believe a segment; counts are shown as they are, indices are checked.
// Only the user's own processes answer. Counterpart: `verbena status`.

import Platform

/// What can be seen of this user's fabrics.
public enum FabricObserver {
    /// How long a process may take to answer. One that is stopped never does.
    private static let patienceMilliseconds: Int32 = 1000

    /// Every process of the user on every fabric, or on one, in the order of fabrics and process numbers.
    public static func processes(fabric: String? = nil, withHolds: Bool = false) -> [ObservedProcess] {
        var found: [String: ObservedProcess] = [:]
        for name in LocalSocket.names(withPrefix: FabricName.root) {
            guard let holder = FabricName.parse(name), holder.user == Host.effectiveUserID,
                fabric == nil || holder.fabric == fabric, let process = process(name, on: holder.fabric, withHolds)
            else { continue }
            // A process holds a name for each block of queue pair numbers; outside our PID namespace it has no number.
            let place = process.pid > 0 ? "\(holder.fabric)/\(process.pid)" : name
            if found[place] == nil { found[place] = process }
        }
        return found.values.sorted { ($0.fabric, $0.pid) < ($1.fabric, $1.pid) }
    }

    /// The process behind a name; nil if it has ended meanwhile.
    private static func process(_ name: String, on fabric: String, _ withHolds: Bool) -> ObservedProcess? {
        guard let connection = try? LocalSocket.connect(name: name, timeoutMilliseconds: patienceMilliseconds),
            let pid = try? connection.peerCredentials().pid
        else { return nil }
        func trouble(_ text: String) -> ObservedProcess {
            ObservedProcess(fabric: fabric, pid: pid, name: Host.processName(pid), objects: nil, trouble: text)
        }
        do {
            let message = try connection.receive(
                byteCountMax: Hello.byteCount, maxDescriptors: 1, timeoutMilliseconds: patienceMilliseconds)
            guard let number = message.descriptors.first else { return nil }
            let segment = OwnedDescriptor(adopting: number)
            guard Hello(message.bytes) != nil else { return trouble("speaks another version of Verbena") }
            guard let objects = ObservedObjects(segment: segment, withHolds: withHolds) else { return trouble("shares no valid segment") }
            return ObservedProcess(
                fabric: fabric, pid: pid, name: Host.processName(pid), objects: objects, trouble: nil)
        } catch {
            return trouble(error.number == ErrorNumber.timedOut ? "does not answer (stopped?)" : "\(error)")
        }
    }
}
