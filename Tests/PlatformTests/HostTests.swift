// HostTests.swift - what the host says of itself, against what other calls and files say.
import CPlatform
import Glibc
import Platform
import Testing

@Suite struct HostTests {
    @Test func usersAndPages() {
        #expect(Host.uid == getuid())
        #expect(Host.effectiveUserID == geteuid())
        #expect(Host.pageBytes == Int(getpagesize()))
    }

    @Test func environmentVariables() {
        unsafe setenv("VERBENA_TEST_VALUE", "a value", 1)
        #expect(Host.environment("VERBENA_TEST_VALUE") == "a value")
        #expect(Host.environment("VERBENA_TEST_NOBODY_SETS_THIS") == nil)
    }

    @Test func names() throws {
        var system = utsname()
        #expect(unsafe uname(&system) == 0)
        let name = unsafe withUnsafeBytes(of: &system.nodename) { bytes in
            String(decoding: unsafe Array(bytes).prefix { $0 != 0 }, as: UTF8.self)
        }
        #expect(Host.hostName == name)
        #expect(Host.processName(1) != nil)
        #expect(Host.processName(.max) == nil)
        #expect(Host.machineIdentifier == Host.machineIdentifier && Host.machineIdentifier != 0)
    }

    @Test func namespacesAreThoseOfThisProcess() throws {
        var status = stat()
        #expect(unsafe stat("/proc/self/ns/net", &status) == 0)
        #expect(Host.networkNamespaceInode() == UInt64(status.st_ino))
        #expect(unsafe stat("/proc/self/ns/pid", &status) == 0)
        #expect(Host.pidNamespaceInode() == UInt64(status.st_ino))
    }

    @Test func addressesEndWithLoopback() throws {
        let addresses = Host.ipv4Addresses()
        let last = try #require(addresses.last)
        #expect(last.address == 0x7F00_0001)
        #expect(addresses.dropLast().allSatisfy { $0.address >> 24 != 127 })
        #expect(Host.macAddress(of: last.interface) == nil, "loopback has no hardware address")
        #expect(Host.macAddress(of: "no such interface") == nil)
        for entry in addresses.dropLast() {
            if let address = Host.macAddress(of: entry.interface) { #expect(address < 1 << 48) }
        }
    }

    @Test func limitsAndPrivileges() throws {
        var limit = rlimit()
        #expect(unsafe getrlimit(__rlimit_resource_t(8), &limit) == 0)
        let expected = limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
        #expect(Host.memlockLimitBytes() == expected)
        // An unprivileged process has neither; root of the machine itself has both.
        #expect(Host.hasCapability(.ipcLock) == Host.hasCapability(.systemTrace) || geteuid() != 0)
        Host.setPtracerAny()
    }
}
