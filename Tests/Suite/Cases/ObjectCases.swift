// ObjectCases.swift - what outlives what: each object that stands on another keeps it.

import CVerbs
import Glibc

enum ObjectCases {
    static var topic: Topic {
        Topic(name: "objects", title: "Order of destruction", rules: dependents.map(rule) + [otherOrders, emptyRegions, regionRights])
    }

    /// One object on which another stands.
    private struct Dependent {
        let parent: String
        let child: String
        let source: String
        /// Makes both; the first is the parent.
        let make: (Bench) throws -> (Object, Object)
    }

    private static var dependents: [Dependent] {
        [
            Dependent(parent: "ibv_dealloc_pd", child: "a memory region", source: "ibv_alloc_pd(3); IBA 11.2.1.6") { bench in
                let domain = try bench.domain()
                return (domain, try bench.region(domain))
            },
            Dependent(parent: "ibv_dealloc_pd", child: "a queue pair", source: "ibv_alloc_pd(3); IBA 11.2.1.6") { bench in
                let domain = try bench.domain()
                return (domain, try bench.pair(domain, bench.queue(), nil, PairPlan(.reliable)))
            },
            Dependent(parent: "ibv_dealloc_pd", child: "a shared receive queue", source: "ibv_alloc_pd(3); IBA 11.2.1.6") { bench in
                let domain = try bench.domain()
                return (domain, try bench.shared(domain))
            },
            Dependent(parent: "ibv_dealloc_pd", child: "an address handle", source: "ibv_alloc_pd(3); IBA 11.2.1.6") { bench in
                let domain = try bench.domain()
                return (domain, try bench.handle(domain))
            },
            Dependent(parent: "ibv_destroy_cq", child: "a queue pair that sends", source: "ibv_create_cq(3); IBA 11.2.8.4") { bench in
                let queue = try bench.queue()
                return (queue, try bench.pair(bench.domain(), queue, bench.queue(), PairPlan(.reliable)))
            },
            Dependent(parent: "ibv_destroy_cq", child: "a queue pair that receives", source: "ibv_create_cq(3); IBA 11.2.8.4") { bench in
                let queue = try bench.queue()
                return (queue, try bench.pair(bench.domain(), bench.queue(), queue, PairPlan(.datagram)))
            },
            Dependent(parent: "ibv_destroy_srq", child: "a queue pair", source: "ibv_create_srq(3); IBA 11.2.6.4") { bench in
                let domain = try bench.domain()
                let shared = try bench.shared(domain)
                var plan = PairPlan(.reliable)
                plan.shared = shared
                return (shared, try bench.pair(domain, bench.queue(), nil, plan))
            },
            Dependent(parent: "ibv_destroy_comp_channel", child: "a completion queue", source: "ibv_create_comp_channel(3)") { bench in
                let channel = try bench.channel()
                return (channel, try bench.queue(channel: channel))
            },
        ]
    }

    private static func rule(_ dependent: Dependent) -> Rule {
        let cases = [1, 2].map { count in
            Case(coordinates: "\(count) of them") { bench in
                let (parent, child) = try dependent.make(bench)
                for _ in 0..<count { try expect(dependent.parent, code: parent.destroy(), is: EBUSY) }
                try expect("destroying \(dependent.child)", code: child.destroy(), is: 0)
                try expect("\(dependent.parent) afterwards", code: parent.destroy(), is: 0)
            }
        }
        return Rule(dependent.parent, "while \(dependent.child) stands on it", "EBUSY, and it works on", dependent.source, cases)
    }

    /// What does not stand on each other can go in any order: a region of a pair in the middle of its life.
    private static var otherOrders: Rule {
        Rule("ibv_dereg_mr", "while queue pairs of its domain are connected, receives posted", "success", "ibv_reg_mr(3); IBA 10.6.6.2") { bench in
            let stage = try Stage(bench, .reliable, .readyToSend)
            try expect("ibv_post_recv", code: stage.pair.postReceive(1, [stage.region.piece(0, 64)]), is: 0)
            try expect("ibv_dereg_mr", code: stage.region.destroy(), is: 0)
        }
    }

    private static var emptyRegions: Rule {
        let spots: [(String, UInt64, Int, Int32)] = [
            ("no bytes", 0, 0, EINVAL), ("address 0", .max, 4096, EFAULT), ("beyond the address space", .max - 4095, 8192, EINVAL),
        ]
        let cases = spots.map { words, address, length, expected in
            Case(coordinates: words) { bench in
                let domain = try bench.domain()
                let memory = bench.memory(pages: 1)
                let start = address == 0 ? memory.address : address == .max ? 0 : address
                errno = 0
                let made = unsafe ibv_reg_mr_iova2(domain.pointer, UnsafeMutableRawPointer(bitPattern: UInt(start)), length, start, 1)
                try expect("a region", unsafe made == nil, is: true)
                try expect("errno", code: errno, is: expected)
            }
        }
        return Rule("ibv_reg_mr", "no bytes, or past the end of the address space; memory that is not mapped", "EINVAL; EFAULT", "ibv_reg_mr(3)", choice: "the kernel's numbers; the man page names none", cases)
    }

    private static var regionRights: Rule {
        let cases = (0..<16 as Range<UInt32>).map { bits in
            Case(coordinates: "\(Access(rawValue: bits))") { bench in
                let domain = try bench.domain()
                let memory = bench.memory(pages: 1)
                let access = Access(rawValue: bits)
                let needs = !access.isDisjoint(with: [.remoteWrite, .remoteAtomic]) && !access.contains(.localWrite)
                errno = 0
                let made = unsafe ibv_reg_mr_iova2(domain.pointer, memory.start, 4096, memory.address, bits)
                try expect("a region", unsafe made != nil, is: !needs)
                if needs { return try expect("errno", code: errno, is: EINVAL) }
                try expect("ibv_dereg_mr", code: unsafe ibv_dereg_mr(made), is: 0)
            }
        }
        return Rule("ibv_reg_mr", "REMOTE_WRITE or REMOTE_ATOMIC without LOCAL_WRITE", "EINVAL", "ibv_reg_mr(3); IBA 11.2.7.1", cases)
    }
}
