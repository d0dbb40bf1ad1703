// StatementReplayTests.swift - statements that end, those that must wait, and those that go round in circles.
import KernelMemory
import Testing

@testable import Litmus

struct StatementReplayTests {
    private static let pinned = """
        scenario pinned
        process p {
          a 1 anonymous = 1
        }
        process c of p
        run p {
          fork c
          pin m a[0] longterm -> pinned
        }
        expect always pinned == ok
        """

    private static func replay(_ rules: KernelRules) throws -> StatementReplay {
        try #require(StatementReplay(try ScenarioParser.parse(pinned, file: "pinned"), rules))
    }

    @Test func oneStatementAfterTheOther() throws {
        var replay = try Self.replay(try #require(KernelPreset.named("6.0")).rules)
        #expect(replay.run(ActorID(0)) == .ok)
        #expect(replay.run(ActorID(0)) == .ok)
        #expect(replay.operation(of: ActorID(0)) == nil)
    }

    /// The zero page is nobody's, and never freed.
    @Test func zeroesAreNotUsedAfterTheyWereFreed() throws {
        let text = Self.pinned.replacing("pin m a[0] longterm -> pinned", with: "dontneed a[0]\n  read a[0] -> pinned")
        let rules = try #require(KernelPreset.named("6.0")).rules
        var replay = try #require(StatementReplay(try ScenarioParser.parse(text, file: "zeroes"), rules))
        for expected in [Outcome.ok, .ok, .value(0)] { #expect(replay.run(ActorID(0)) == expected) }
        #expect(!replay.state.has(.useAfterFree))
    }

    /// A lookup that unshares until the page is exclusive never ends where no page ever is.
    @Test func rulesUnderWhichAStatementNeverEnds() throws {
        var replay = try Self.replay(try #require(KernelPreset.named("6.0")).rules.without(.exclusiveFlag))
        #expect(replay.run(ActorID(0)) == .ok)
        let before = replay.state
        #expect(replay.run(ActorID(0)) == nil)
        #expect(replay.state == before && !replay.lacksFrames)
    }
}
