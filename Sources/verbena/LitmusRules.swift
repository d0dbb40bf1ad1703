// LitmusRules.swift - `verbena litmus rules`.
import ArgumentParser
import KernelMemory
import Litmus

struct LitmusRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List the presets and the switches, and where each comes from.",
        discussion: "EXAMPLES\n  verbena litmus rules\n  verbena litmus rules --json")

    @Flag(help: "One JSON object per preset or switch.")
    var json = false

    func run() {
        if json { return printJSON() }
        print("PRESETS, oldest first")
        for preset in KernelPreset.all { print("  \(pad(preset.name, 14)) \(preset.novelty)") }
        print("\nKERNELS THAT WERE ASKED (docs/KERNELS.md)")
        for preset in KernelPreset.measured { print("  \(pad(preset.name, 16)) \(preset.novelty)") }
        section("SWITCHES OF KERNELS") { !$0.isProposal && !$0.isGuard }
        section("PROPOSALS, on in no preset") { $0.isProposal }
        section("GUARDS, on in every preset; '- NAME' removes one") { $0.isGuard }
    }

    private func section(_ title: String, _ belongs: (KernelSwitch) -> Bool) {
        print("\n\(title)")
        for rule in KernelSwitch.allCases where belongs(rule) {
            print("  \(pad(rule.name, 38)) \(pad(rule.provenance.source, 46)) \(rule.provenance.meaning)")
        }
    }

    private func printJSON() {
        for preset in KernelPreset.all + KernelPreset.measured {
            let rules = KernelSwitch.allCases.filter { preset.rules.has($0) && !$0.isGuard }.map { "\"\($0.name)\"" }
            print("{\"preset\":\"\(preset.name)\",\"switches\":[\(rules.joined(separator: ","))]}")
        }
        for rule in KernelSwitch.allCases {
            print("{\"switch\":\"\(rule.name)\",\"guard\":\(rule.isGuard),\"proposal\":\(rule.isProposal),\"source\":\"\(rule.provenance.source)\"}")
        }
    }

    private func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
