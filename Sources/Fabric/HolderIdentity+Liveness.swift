// HolderIdentity+Liveness.swift - whether the holder of a lock still lives.
//
// Owns: the question: is its name still held, and by the same process? Works across PID and user namespaces and without
// /proc, as far as names reach: one network namespace, which is also as far as a fabric reaches.
// Locking: none; asked only by those who have waited for milliseconds.

import Platform
import Synchronization

extension HolderIdentity {
    /// Where this process asks: what it joined. Set anew in a forked child; never freed, for others may be reading it.
    private final class Membership {
        let fabric: FabricName
        let own: HolderIdentity

        init(fabric: FabricName, own: HolderIdentity) {
            self.fabric = fabric
            self.own = own
        }
    }

    private static let membership = Atomic<UInt>(0)

    /// Says who this process is on the fabric, and on which.
    static func join(_ fabric: FabricName, as own: HolderIdentity) {
        let kept = unsafe Unmanaged.passRetained(Membership(fabric: fabric, own: own)).toOpaque()
        membership.store(UInt(bitPattern: kept), ordering: .releasing)
    }

    /// What that process does now. In doubt (we have no descriptor left to ask) it is stopped.
    public var activity: ProcessActivity {
        guard let kept = unsafe UnsafeRawPointer(bitPattern: Self.membership.load(ordering: .acquiring)) else {
            return activity(on: FabricName.current())
        }
        let membership = unsafe Unmanaged<Membership>.fromOpaque(kept).takeUnretainedValue()
        return self == membership.own ? .running : activity(on: membership.fabric)
    }

    /// Whether that process still runs, stopped or not.
    public var isAlive: Bool { activity != .ended }

    func activity(on fabric: FabricName) -> ProcessActivity {
        guard block != 0 else { return .ended }
        let patienceMilliseconds: Int32 = 100
        do {
            let connection = try LocalSocket.connect(name: fabric.block(block), timeoutMilliseconds: patienceMilliseconds)
            let answer = try connection.receive(
                byteCountMax: Hello.byteCount, maxDescriptors: 0, timeoutMilliseconds: patienceMilliseconds)
            // Somebody holds the name, whatever he says.
            guard let hello = Hello(answer.bytes) else { return .stopped }
            return hello.holder == self ? .running : .ended
        } catch {
            return error.number == ErrorNumber.connectionRefused ? .ended : .stopped
        }
    }
}
