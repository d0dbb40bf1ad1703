// CatalogueTests.swift - scenarios of the catalogue's kinds, run here as text: the model gives the answers that are known.
//
// The catalogue itself is run by `verbena litmus run litmus`, whose exit code says whether every claim holds; here are those that
// show that a claim can fail, and that mutations are noticed.
import KernelMemory
import Testing

@testable import Litmus

struct CatalogueTests {
    private static let story = """
        scenario story
        process p {
          a 1 anonymous = 1
        }
        process c of p
        run p {
          register m a local-write remote-read
          fork c
          write a 2
          dma-read m[0] -> seen
        }
        expect always seen == 1 in ..5.8
        expect always seen == 2 in 5.9..
        """

    private func report(_ text: String) throws -> ScenarioReport {
        let scenario = try ScenarioParser.parse(text, file: "story")
        return ScenarioReport(scenario, ruleSets: scenario.ruleSets)
    }

    @Test func `claims that hold pass under every preset`() throws { #expect(try report(Self.story).passes) }

    @Test func `a false claim fails, and its trace ends in a state against it`() throws {
        let report = try report(Self.story.replacing("in ..5.8", with: "in ..5.9"))
        #expect(!report.passes)
        let failure = try #require(report.failures.first)
        #expect(failure.result.ruleSet.name == "5.9")
        let trace = try #require(Trace(report.scenario, failure.result.ruleSet, expectation: failure.expectation, holds: false))
        #expect(trace.steps.last?.changes.contains("seen = 2") == true)
        #expect(ReportTable.text(report).contains("FAILED"))
    }

    @Test func `a scenario notices the switches that it depends on, and no others`() throws {
        let row = MutationRow(try ScenarioParser.parse(Self.story, file: "story"))
        #expect(row.notices.contains(.forkCopiesPinned))
        #expect(!row.notices.contains(.onDemandPaging))
        #expect(!row.notices.contains(.busHalfRule))
        #expect(row.vacuousLines.isEmpty)
    }

    @Test func `a claim that nothing can violate is called vacuous`() throws {
        let row = MutationRow(try ScenarioParser.parse(Self.story + "\nexpect never seen == 9", file: "story"))
        #expect(row.vacuousLines == [14])
    }

    @Test func `removing the second look of a fast lookup lets the wrong frame be pinned`() throws {
        let text = """
            scenario reread
            process p {
              a 1 anonymous = 1
            }
            process victim {
              v 1 anonymous untouched
            }
            variant mutant = 6.18 - guard-fast-lookup-re-reads
            run thread in p {
              pin m a write longterm fast
              dma-write m[0] 9
            }
            run p {
              dontneed a
            }
            run victim {
              write v 3
              await thread
              read v -> content
            }
            expect sometimes content == 9 in mutant
            expect always content == 3 in 6.18
            """
        #expect(try report(text).passes)
    }

    @Test func `running out of page frames stops the exploration and says so`() throws {
        let text = """
            scenario crowded
            process p {
              a 8 anonymous = 1
            }
            process c of p
            run p {
              fork c
              write a[0] 2
              write a[1] 2
              write a[2] 2
              write a[3] 2
              write a[4] 2
              write a[5] 2
              write a[6] 2
              write a[7] 2
            }
            expect sometimes use-after-free
            """
        let result = try report(text).results[0]
        #expect(result.exploration.stop == .outOfFrames)
        #expect(!(try report(text).passes))
    }
}
