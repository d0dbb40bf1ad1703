// LitmusJobs.swift - runs the explorations of many scenarios on all cores.
//
// Owns: the division of work; results are put back in order, so that the output does not depend on who was first.
import Dispatch
import Litmus
import Platform
import Synchronization

/// Runs independent jobs on all cores.
enum LitmusJobs {
    /// Applies `work` to each index, and returns the results in order.
    static func map<Result: Sendable>(_ count: Int, _ work: @Sendable (Int) -> Result) -> [Result] {
        let results = Mutex<[Result?]>(Array(repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let result = work(index)
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }

    /// So many cores for one exploration.
    static func workforce(_ cores: Int) -> Workforce {
        Workforce(count: cores) { count, part in DispatchQueue.concurrentPerform(iterations: count, execute: part) }
    }

    /// Tables in memory of their own, in large pages where the kernel gives them; small ones, and where there is none, on the heap.
    static let tables = TableMemory { byteCount in
        guard byteCount >= 1 << 20, let room = try? MappedRoom(byteCount: byteCount) else { return TableMemory.heap.room(byteCount) }
        return room
    }
}
