// HostSchedules.swift - the orders in which a scenario's statements can come.
//
// Owns: all of them where they are few, otherwise some, chosen by a seed. Orders are found on the model, which knows who must wait.
import KernelMemory
import Litmus

/// Orders of a scenario's statements.
struct HostSchedules {
    private(set) var orders: [[ActorID]] = []
    /// True if these are all that there are.
    private(set) var areAll = true
    private let limit: Int

    init(_ replay: StatementReplay, limit: Int, seed: UInt64) {
        self.limit = limit
        var order: [ActorID] = []
        enumerate(replay, &order)
        guard orders.count > limit else { return }
        areAll = false
        var generator = SeededGenerator(seed: seed)
        orders = (0..<limit).map { _ in Self.random(replay, &generator) }
    }

    private mutating func enumerate(_ replay: StatementReplay, _ order: inout [ActorID]) {
        guard orders.count <= limit else { return }
        let ready = replay.ready()
        guard !ready.isEmpty else {
            orders.append(order)
            return
        }
        for actor in ready {
            var next = replay
            _ = next.run(actor)
            order.append(actor)
            enumerate(next, &order)
            order.removeLast()
        }
    }

    private static func random(_ replay: StatementReplay, _ generator: inout SeededGenerator) -> [ActorID] {
        var replay = replay
        var order: [ActorID] = []
        while true {
            let ready = replay.ready()
            guard !ready.isEmpty else { return order }
            let actor = ready[generator.below(ready.count)]
            _ = replay.run(actor)
            order.append(actor)
        }
    }
}
