// MemoryRegionTests.swift - registration through the C functions.

import CVerbs
import Testing
import Verbs

private let pageBytes = 4096

private func withMemory(_ body: (UnsafeMutableRawPointer) throws -> Void) rethrows {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * pageBytes, alignment: pageBytes)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: 4 * pageBytes)
    unsafe try body(memory)
}

private let localWrite = Int32(IBV_ACCESS_LOCAL_WRITE.rawValue)

@Test func aRegionShowsWhatWasRegistered() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    unsafe try withMemory { memory in
        let region = unsafe try #require(unsafe ibv_reg_mr(domain, memory + 8, 100, localWrite))
        #expect(unsafe region.pointee.addr == memory + 8)
        #expect(unsafe region.pointee.length == 100)
        #expect(unsafe region.pointee.pd == domain)
        #expect(unsafe region.pointee.context == device.context)
        #expect(unsafe region.pointee.lkey != 0 && region.pointee.rkey != 0)
        #expect(unsafe ibv_dealloc_pd(domain) == EBUSY)
        #expect(unsafe ibv_dereg_mr(region) == 0)
    }
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func hintsAreIgnoredAndUnknownRightsRefused() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    unsafe withMemory { memory in
        let hinted = unsafe ibv_reg_mr_iova2(domain, memory, pageBytes, 0x1000, 1 | 0x3ff0_0000)
        #expect(unsafe hinted != nil)
        #expect(unsafe ibv_dereg_mr(hinted) == 0)
        for bit: UInt32 in [8, 9, 19, 31] {
            errorNumber = 0
            #expect(unsafe ibv_reg_mr_iova2(domain, memory, pageBytes, 0x1000, 1 << bit) == nil, "bit \(bit)")
            // Bits 8 and 9 flush to persistent memory: known to the kernel, and not of this device.
            #expect(errorNumber == (bit <= 9 ? EOPNOTSUPP : EINVAL), "bit \(bit)")
        }
        errorNumber = 0
        let remoteWithoutLocal = Int32(IBV_ACCESS_REMOTE_WRITE.rawValue)
        #expect(unsafe ibv_reg_mr(domain, memory, pageBytes, remoteWithoutLocal) == nil)
        #expect(errorNumber == EINVAL)
        errorNumber = 0
        #expect(unsafe ibv_reg_mr(domain, UnsafeMutableRawPointer(bitPattern: 0x1000), pageBytes, 0) == nil)
        #expect(errorNumber == EFAULT)
    }
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
}

@Test func reregisteringChangesWhatItNames() throws {
    let device = try OpenedDevice()
    let domain = unsafe try device.domain()
    let other = unsafe try device.domain()
    unsafe try withMemory { memory in
        let region = unsafe try #require(unsafe ibv_reg_mr(domain, memory, pageBytes, localWrite))
        let moved = Int32(IBV_REREG_MR_CHANGE_TRANSLATION.rawValue)
        #expect(unsafe ibv_rereg_mr(region, moved, nil, memory + pageBytes, 2 * pageBytes, 0) == 0)
        #expect(unsafe region.pointee.addr == memory + pageBytes && region.pointee.length == 2 * pageBytes)
        #expect(unsafe region.pointee.pd == domain)
        let rehomed = Int32(IBV_REREG_MR_CHANGE_PD.rawValue)
        #expect(unsafe ibv_rereg_mr(region, rehomed, other, nil, 0, 0) == 0)
        #expect(unsafe region.pointee.pd == other && region.pointee.length == 2 * pageBytes)
        #expect(unsafe ibv_dealloc_pd(domain) == 0)

        let before = unsafe (region.pointee.lkey, region.pointee.length)
        errorNumber = 0
        #expect(unsafe ibv_rereg_mr(region, moved, nil, nil, pageBytes, 0) == IBV_REREG_MR_ERR_INPUT.rawValue)
        #expect(errorNumber == EINVAL)
        errorNumber = 0
        let unmapped = unsafe UnsafeMutableRawPointer(bitPattern: 0x3000)
        #expect(unsafe ibv_rereg_mr(region, moved, nil, unmapped, pageBytes, 0) == IBV_REREG_MR_ERR_CMD.rawValue)
        #expect(errorNumber == EFAULT)
        // No change at all is the device's to refuse, unknown ones are the library's.
        for (flags, failure) in [(0, IBV_REREG_MR_ERR_CMD), (8, IBV_REREG_MR_ERR_INPUT), (-1, IBV_REREG_MR_ERR_INPUT)] {
            errorNumber = 0
            #expect(unsafe ibv_rereg_mr(region, Int32(flags), nil, memory, pageBytes, 0) == failure.rawValue)
            #expect(errorNumber == EINVAL)
        }
        #expect(unsafe (region.pointee.lkey, region.pointee.length) == before)
        #expect(unsafe ibv_dereg_mr(region) == 0)
    }
    #expect(unsafe ibv_dealloc_pd(other) == 0)
}
