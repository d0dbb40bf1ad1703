// Bench.swift - what one case works with: fresh objects, destroyed in the reverse order of their making.

import CVerbs
import Glibc

/// What one case works with. Whatever it makes is destroyed after it, and must let itself be destroyed.
final class Bench {
    let device: Device
    private var objects: [Object] = []
    private var memories: [Memory] = []
    private var common: Queue?
    private var hasTarget = false

    private let far: FarTarget?

    /// - Parameter far: for cases between two processes.
    init(_ device: Device, far: FarTarget? = nil) {
        self.device = device
        self.far = far
    }

    func target(_ placement: Placement) throws -> any Target {
        guard placement == .far else { return NearTarget(device) }
        guard let far else { throw Refused(function: "a second process", code: ESRCH) }
        return far
    }

    /// Takes an object on: it is destroyed when the case ends, unless the case did it.
    func keep<Kept: Object>(_ object: Kept) -> Kept {
        objects.append(object)
        return object
    }

    func domain() throws -> Domain { keep(try Domain(device)) }
    func channel() throws -> Channel { keep(try Channel(device)) }

    func queue(_ entries: Int32 = 64, channel: Channel? = nil) throws -> Queue {
        keep(try Queue(device, entries: entries, channel: channel))
    }

    func region(_ domain: Domain, pages: Int = 1, access: Access = .all, seed: UInt8 = 1) throws -> Region {
        let memory = Memory(pages: pages)
        memory.fill(seed: seed)
        memories.append(memory)
        return keep(try Region(domain, memory, access: access))
    }

    /// The same queue again and again, for objects that are made by the thousand.
    func sharedQueue() throws -> Queue {
        if let common { return common }
        let made = try queue()
        common = made
        return made
    }

    /// One receiving half of an extended connection, however often it is asked for.
    func oneTarget() throws {
        guard !hasTarget else { return }
        hasTarget = true
        var plan = PairPlan(.extendedTarget)
        plan.extended = try extendedDomain()
        _ = try pair(domain(), sharedQueue(), nil, plan)
    }

    func memory(pages: Int) -> Memory {
        let memory = Memory(pages: pages)
        memories.append(memory)
        return memory
    }

    func pair(_ domain: Domain, _ send: Queue, _ receive: Queue? = nil, _ plan: PairPlan) throws -> Pair {
        var plan = plan
        if plan.kind == .extendedTarget, plan.extended == nil { plan.extended = try extendedDomain() }
        return keep(try Pair(domain, send: send, receive: receive ?? send, plan))
    }

    func shared(_ domain: Domain, requests: UInt32 = 16, elements: UInt32 = 1) throws -> SharedQueue {
        keep(try SharedQueue(domain, requests: requests, elements: elements))
    }

    func extendedDomain() throws -> ExtendedDomain { keep(try ExtendedDomain(device)) }

    func handle(_ domain: Domain, _ path: ibv_ah_attr? = nil) throws -> Handle {
        keep(try Handle(domain, path ?? device.path))
    }

    /// Every event that waits, oldest first, each acknowledged.
    func events() -> [Event] {
        var all: [Event] = []
        while let next = device.nextEvent() { all.append(next) }
        return all
    }

    /// Destroys what is left.
    func end() throws {
        for object in objects.reversed() where !object.isGone {
            let code = object.destroy()
            if code != 0 { throw Mismatch(what: "destroying \(type(of: object))", expected: "success", seen: ErrorName.of(code)) }
        }
        _ = events()
    }
}
