// HostGridTests.swift - how large a scenario's pages are on a real machine, and what cannot be had of huge ones.

import KernelMemory
import Litmus
import Testing

@testable import LitmusHost

@Suite struct HostGridTests {
    private static func scenario(_ memory: String, _ statements: String) throws -> Scenario {
        try ScenarioParser.parse(
            """
            scenario grid
            debate selftests
            question "Where do its pages lie?"
            process p {
              \(memory)
            }
            run p {
              \(statements)
              read a[0] -> seen
            }
            expect always seen == 1
            """, file: "grid")
    }

    @Test(arguments: [
        ("a 2 anonymous = 1", "", 4096), ("a 2 huge = 1", "", 1 << 20), ("a 2 hugetlb = 1", "", 1 << 20),
        ("a 2 anonymous = 1", "collapse a", 1 << 20),
    ])
    func twoPagesAreAHugeOneWhereThereAreSuch(memory: String, statement: String, bytes: UInt64) throws {
        let grid = HostGrid(try Self.scenario(memory, statement))
        #expect(grid.pageBytes == bytes)
        #expect(grid.address(2) - grid.address(0) == 2 * bytes)
        #expect(grid.address(0) % (2 << 20) == 0)
        #expect(grid.pages(kibibytes: Int(3 * bytes / 1024) + 4, without: 1) == 3)
    }

    @Test(arguments: [("anonymous = 1", 4096), ("huge = 1", 1 << 20)])
    func memoriesLieApart(kind: String, bytes: UInt64) throws {
        let grid = HostGrid(try Self.scenario("a 2 \(kind)\n  b 2 \(kind)", ""))
        #expect(grid.address(1) - grid.address(0) == bytes)
        #expect(grid.address(2) - grid.address(1) == 3 * bytes)
        #expect(grid.address(2) % (2 * bytes) == 0)
    }

    /// Where another process has one memory: whether the areas of the two become one is the kernel's affair.
    @Test func memoriesCanLieSideBySide() throws {
        let memories = "a 1 anonymous = 1\n  b 2 anonymous = 2"
        #expect(HostGrid(try Self.scenario(memories, "")).joints == [])
        let grid = HostGrid(try Self.scenario(memories + "\n}\nprocess q {\n  c 3 anonymous = 3", ""))
        #expect(grid.joints == [1])
        #expect(grid.address(1) - grid.address(0) == grid.pageBytes)
    }

    @Test(arguments: [
        ("io-uring-register r a[0]\n  io-uring-register s a[1]", "two fixed buffers of one huge page"),
        ("swap-out a[0]", nil), ("io-uring-register r a[0]", nil),
    ])
    func whatTheHostLacksForHugePages(statements: String, lack: String?) throws {
        switch HostPlan.make(try Self.scenario("a 2 huge = 1", statements), device: .fixedBuffers) {
        case .success: #expect(lack == nil)
        case .failure(let found): #expect(found.reason.contains(lack ?? "nothing is lacking"))
        }
    }
}
