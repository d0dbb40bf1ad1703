// LiveRegistrations.swift - registrations on the live device, and what it shows of them to others (`verbena status --pins`).

import Device
import Testing
import Verbs

@testable import Fabric

/// Registrations on the live device.
struct LiveRegistrations: RegistrationSubject {
    private let arena: RegistrationArena
    private let context: DeviceContext
    private let domain: ProtectionDomain
    private var live: [MemoryRegion] = []

    init() throws {
        arena = try RegistrationArena()
        context = try DeviceContext.open(DeviceCatalogue.devices()[0])
        domain = try context.allocateProtectionDomain()
    }

    mutating func register(offset: UInt64, length: UInt64, skew: UInt64, access: AccessFlags) -> VerbsErrno? {
        do throws(VerbsErrno) { try add(arena.address + offset, length, skew, access) } catch { return error }
        return nil
    }

    private mutating func add(_ address: UInt64, _ length: UInt64, _ skew: UInt64, _ access: AccessFlags) throws(VerbsErrno) {
        live.append(try domain.registerMemory(address: address, byteCount: length, ioVirtualAddress: address + skew, access: access))
    }

    mutating func deregister(_ place: Int) {
        let region = live.remove(at: place)
        #expect(throws: Never.self) { try region.deregister() }
    }

    var count: Int { live.count }


    var holds: [Int] {
        let observed = ObservedHold.all(in: context.process.member.view)
        return (0..<UInt64(RegistrationArena.pageCount)).map { page in
            observed.filter { ($0.pages.first.rawValue..<$0.pages.end.rawValue).contains(arena.firstPage + page) }.reduce(0) { $0 + Int($1.registrations) }
        }
    }

    /// The account is the whole process's, where other tests register too: here it is what is shown to be held.
    var charged: UInt64 { holds.reduce(0) { $0 + UInt64($1) } }
}
