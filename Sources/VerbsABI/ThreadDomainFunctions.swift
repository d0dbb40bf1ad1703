// ThreadDomainFunctions.swift - thread domains and parent domains.
//
// Owns: `struct ibv_td`; a parent domain is a `struct ibv_pd` like any other. Does not: count dependents (the device).
// C counterpart: ibv_alloc_td(3), ibv_dealloc_td, ibv_alloc_parent_domain(3).

import CVerbs
import Device
import Verbs

extension ibv_td: @unsafe VerbsObject {
    typealias Live = ThreadDomain
}

/// Slot of the context's table.
@c(verbena_alloc_td)
func allocateThreadDomain(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_td_init_attr>?
) -> UnsafeMutablePointer<ibv_td>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        guard let attributes = unsafe attributes, unsafe attributes.pointee.comp_mask == 0 else { throw .invalidArgument }
        let domain = unsafe UnsafeMutablePointer<ibv_td>.make(holding: try device.allocateThreadDomain(), under: context)
        unsafe domain.pointee.context = unsafe context
        return unsafe domain
    }
}

/// Slot of the context's table.
@c(verbena_dealloc_td)
func deallocateThreadDomain(_ domain: UnsafeMutablePointer<ibv_td>?) -> Int32 {
    unsafe performed(on: domain) { domain, live throws(VerbsErrno) in
        try live.deallocate()
        unsafe domain.free()
    }
}

/// Slot of the context's table. Allocators are refused: rings stand in memory that peers share, which no program can give.
@c(verbena_alloc_parent_domain)
func allocateParentDomain(
    _ context: UnsafeMutablePointer<ibv_context>?, _ attributes: UnsafeMutablePointer<ibv_parent_domain_init_attr>?
) -> UnsafeMutablePointer<ibv_pd>? {
    unsafe created(under: context) { context, device throws(VerbsErrno) in
        guard let attributes = unsafe attributes?.pointee else { throw .invalidArgument }
        // A context for allocators alone is never looked at.
        guard unsafe attributes.comp_mask & ~IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT.rawValue == 0 else { throw .notSupported }
        let thread = unsafe attributes.td == nil ? nil : try checked(attributes.td).live
        let live = unsafe try device.allocateParentDomain(of: checked(attributes.pd).live, thread: thread)
        let domain = unsafe UnsafeMutablePointer<ibv_pd>.make(holding: live, under: context)
        unsafe domain.pointee.context = unsafe context
        unsafe domain.pointee.handle = live.number.rawValue
        return unsafe domain
    }
}
