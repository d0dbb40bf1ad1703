// DomainCases.swift - thread domains, parent domains, and advice about memory that is registered on demand.

import CVerbs
import Glibc

enum DomainCases {
    static var topic: Topic {
        Topic(name: "domains", title: "Thread and parent domains, registration on demand", rules: [threads, attributes, order, parent, advice])
    }

    private static func thread(_ device: Device, mask: UInt32 = 0) -> UnsafeMutablePointer<ibv_td>? {
        var attributes = ibv_td_init_attr(comp_mask: mask)
        return unsafe ibv_alloc_td(device.context, &attributes)
    }

    private static func child(
        _ domain: Domain, _ thread: UnsafeMutablePointer<ibv_td>?, mask: UInt32 = 0
    ) -> UnsafeMutablePointer<ibv_pd>? {
        var attributes = unsafe ibv_parent_domain_init_attr()
        unsafe attributes.pd = unsafe domain.pointer
        unsafe attributes.td = unsafe thread
        unsafe attributes.comp_mask = mask
        return unsafe ibv_alloc_parent_domain(domain.device.context, &attributes)
    }

    private static var threads: Rule {
        Rule("ibv_alloc_td", "a comp_mask that is not 0", "EINVAL", "ibv_alloc_td(3)", [1, 1 << 31].map { (mask: UInt32) in
            Case(coordinates: "comp_mask \(mask)") { bench in
                errno = 0
                try expect("a domain", unsafe thread(bench.device, mask: mask) == nil, is: true)
                try expect("errno", code: errno, is: EINVAL)
            }
        })
    }

    private static var attributes: Rule {
        let cases: [(UInt32, Int32)] = [(0, 0), (2, 0), (1, EOPNOTSUPP), (3, EOPNOTSUPP), (4, EOPNOTSUPP)]
        return Rule(
            "ibv_alloc_parent_domain", "with allocators, or an attribute that is none", "EOPNOTSUPP", "ibv_alloc_parent_domain(3)",
            choice: "queues lie in memory that peers share, which no program can give",
            cases.map { mask, expected in
                Case(coordinates: "comp_mask \(mask)") { bench in
                    errno = 0
                    let made = unsafe try child(bench.domain(), nil, mask: mask)
                    let seen = unsafe made == nil ? errno : ibv_dealloc_pd(made)
                    try expect("ibv_alloc_parent_domain", code: seen, is: expected)
                }
            })
    }

    private static var order: Rule {
        Rule("ibv_dealloc_pd, ibv_dealloc_td", "while a parent domain stands on them", "EBUSY, and they work on", "ibv_alloc_parent_domain(3), ibv_alloc_td(3)") { bench in
            let domain = try bench.domain()
            let thread = unsafe thread(bench.device)
            let parent = unsafe child(domain, thread)
            try expect("both are made", unsafe thread != nil && parent != nil, is: true)
            try expect("ibv_dealloc_pd", code: domain.destroy(), is: EBUSY)
            try expect("ibv_dealloc_td", code: unsafe ibv_dealloc_td(thread), is: EBUSY)
            try expect("ibv_dealloc_pd of the parent domain", code: unsafe ibv_dealloc_pd(parent), is: 0)
            try expect("ibv_dealloc_td", code: unsafe ibv_dealloc_td(thread), is: 0)
            try expect("ibv_dealloc_pd", code: domain.destroy(), is: 0)
        }
    }

    /// A queue pair of the parent domain sends what a region of the domain below it holds.
    private static var parent: Rule {
        Rule("ibv_alloc_parent_domain", "a queue pair of it, a region of its protection domain", "the two go together", "ibv_alloc_parent_domain(3)") { bench in
            let domain = try bench.domain()
            let parent = unsafe try bench.keep(Domain(adopting: child(domain, nil), bench.device))
            let queue = try bench.queue()
            let pair = try bench.pair(parent, queue, nil, PairPlan(.reliable))
            var ladder = Ladder()
            ladder.peer = pair.number
            try ladder.climb(pair, to: .readyToSend)
            let region = try bench.region(domain)
            var request = Send(.write, [region.piece(0, 8)])
            request.remoteAddress = region.memory.address + 1024
            request.remoteKey = region.remoteKey
            try expect("ibv_post_send", code: pair.postSend(request), is: 0)
            try expect("sent", try queue.take(1).map(\.status), is: [.success])
        }
    }

    // MARK: Advice

    private static var advice: Rule {
        let good: [(String, UInt32, UInt32, Access, Int, Int)] = [
            ("read", 0, 0, [.onDemand], 0, 4096), ("read and waited for", 0, 1, [.onDemand], 0, 4096),
            ("written", 1, 1, [.onDemand, .localWrite], 1, 100), ("no faults", 2, 0, [.onDemand], 4095, 1),
        ]
        let bad: [(String, UInt32, UInt32, Access, Int, Int, Int32)] = [
            ("an advice that is none", 3, 0, [.onDemand], 0, 8, EOPNOTSUPP), ("a flag that is none", 0, 2, [.onDemand], 0, 8, EINVAL),
            ("not on demand", 0, 0, [.localWrite], 0, 8, ENOENT), ("written, region for reading", 1, 0, [.onDemand], 0, 8, EPERM),
            ("past the end", 0, 0, [.onDemand], 4095, 2, EFAULT), ("before the start", 0, 0, [.onDemand], -1, 2, EFAULT),
        ]
        let cases = (good.map { ($0, $1, $2, $3, $4, $5, 0) } + bad).map { words, kind, flags, access, offset, length, expected in
            Case(coordinates: words) { bench in
                let domain = try bench.domain()
                let region = try bench.region(domain, access: access)
                var piece = ibv_sge(addr: region.memory.address &+ UInt64(bitPattern: Int64(offset)), length: UInt32(length), lkey: region.localKey)
                let code = unsafe ibv_advise_mr(domain.pointer, ib_uverbs_advise_mr_advice(rawValue: kind), flags, &piece, 1)
                try expect("ibv_advise_mr", code: code, is: expected)
            }
        }
        return Rule(
            "ibv_advise_mr", "each advice; what it cannot be given for",
            "success; EOPNOTSUPP, EINVAL; ENOENT where there is no region on demand, EPERM where its rights do not do, EFAULT outside",
            "ibv_advise_mr(3)", cases)
    }
}
