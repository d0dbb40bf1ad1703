// LitmusCount.swift - `verbena litmus count`: how many states, how fast, how large.
import ArgumentParser
import Litmus
import Platform

struct LitmusCount: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: "Count the states of a scenario under one rule set, and measure the explorer.",
        discussion: "EXAMPLES\n  verbena litmus count litmus/fork/huge-pages.litmus --rules 5.9 --no-reduction")

    @Argument(help: "A scenario file.")
    var file: String

    @Option(help: "The rule set.")
    var rules = "6.18"

    @Option(help: "States at which the exploration stops.")
    var limit = 50_000_000

    @Option(help: "Bytes of tables at which the exploration stops, in MiB; half of this machine's memory without this.")
    var memory = max(1, Host.memoryBytes >> 21)

    @Option(help: "Cores to use; all without this.")
    var cores = Host.processorCount

    @Flag(help: "Explore every interleaving and every numbering of page frames.")
    var noReduction = false

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        guard limit > 0, limit < 4_000_000_000 else { throw ValidationError("--limit takes a number from 1 to 3999999999") }
        guard memory > 0, memory < 1 << 30 else { throw ValidationError("--memory takes a number of MiB from 1 to 1073741823") }
        guard cores > 0 else { throw ValidationError("--cores takes a number from 1") }
    }

    func run() throws {
        let scenario = try LitmusFiles.scenarios([file])[0]
        guard let ruleSet = scenario.ruleSets.first(where: { $0.name == rules }) else { throw ValidationError("no rule set '\(rules)'") }
        let started = Clock.monotonicNanoseconds()
        let result = Explorer.explore(
            scenario, ruleSet.rules, limit: limit, memory: memory << 20, reduces: !noReduction,
            workforce: LitmusJobs.workforce(cores), tables: LitmusJobs.tables)
        let seconds = Double(Clock.monotonicNanoseconds() - started) / 1e9
        let rate = Int(Double(result.states) / seconds)
        let bytes = Double(result.tableBytes) / Double(max(1, result.states))
        if json {
            print("{\"states\":\(result.states),\"transitions\":\(result.transitions),\"seconds\":\(seconds),\"statesPerSecond\":\(rate),"
                + "\"bitsPerState\":\(result.bitsPerState),\"tableBytesPerState\":\(bytes),\"stopped\":\(result.stop != nil)}")
        } else {
            print("states \(result.states), transitions \(result.transitions), final \(result.finalStates)")
            print("seconds \(seconds), states per second \(rate), bits per state \(result.bitsPerState), table bytes per state \(bytes)")
        }
        if let stop = result.stop {
            LitmusFiles.complain("\(stop)")
            throw ExitCode(1)
        }
    }
}
