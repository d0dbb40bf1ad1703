// FuzzChecks.swift - what must hold after every input.

@testable import Device
@testable import Fabric
import CFuzzer
import Glibc

/// The device's own counts, and the heap's.
public enum FuzzChecks {
    nonisolated(unsafe) private static var inputs = 0
    nonisolated(unsafe) private static var bytesAtStart = 0

    /// A fabric of this process's own, so that targets that run side by side do not meet; waits that end at once.
    public static func prepare() {
        setenv("VERBENA_FABRIC", "fuzz\(getpid())", 1)
        setenv("VERBENA_MEMLOCK", "unlimited", 1)
    }

    /// Ends the run when the device still counts an object or a page, or the heap has grown since long.
    public static func requireNothingLeft() {
        guard let process = try? DeviceProcess.shared() else { fatalError("the device is gone") }
        let header = process.view.header
        let left = [header.queuePairs, header.sharedReceiveQueues, header.regions].map { $0.load() }
        guard left == [0, 0, 0], header.pinnedPages.load() == 0, process.waiting.isEmpty else {
            fatalError("left behind: pairs, shared queues, regions \(left), \(header.pinnedPages.load()) pages")
        }
        // A context keeps the queue that stands in for those that an extended connection lacks. No target has three contexts.
        guard header.completionQueues.load() <= 2 else {
            fatalError("left behind: \(header.completionQueues.load()) completion queues")
        }
        inputs += 1
        // Tables and caches fill at first; what goes on growing after that is a leak.
        if inputs == 20_000 { bytesAtStart = bytesInUse() }
        guard inputs > 20_000, inputs.isMultiple(of: 10_000) else { return }
        let grown = bytesInUse() - bytesAtStart
        if grown > 16 << 20 { fatalError("the heap has grown by \(grown) bytes in \(inputs) inputs") }
    }

    private static func bytesInUse() -> Int { __sanitizer_get_current_allocated_bytes() }
}

@c(fuzz_check_environment)
func prepareEnvironment() { FuzzChecks.prepare() }

@c(fuzz_check_nothing_left)
func requireNothingLeft() { FuzzChecks.requireNothingLeft() }
