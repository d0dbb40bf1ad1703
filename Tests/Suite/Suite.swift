// Suite.swift - the conformance suite: hundreds of cases, generated from the specification, over the device that
// libibverbs offers.
//
// It links with libibverbs and with nothing of ours, so it runs on any device: on Verbena with the library in front.
// conformance-suite [--device NAME] [--topic NAME] [--case WORDS]   runs; ends with 0 only if every case held
// conformance-suite --target                                          the second process, started by the first
// conformance-suite --list | --table                                the topics, the support table; neither needs a device

import Glibc

@main
enum Suite {
    static var topics: [Topic] {
        [
            DeviceCases.topic, TransitionCases.topic, AttributeCases.topic, PostingCases.topic, ObjectCases.topic, ExchangeCases.topic, QueueCases.topic,
            SharedQueueCases.topic, WindowCases.topic, RegistrationCases.topic, GroupCases.topic, ExtendedCases.topic, DomainCases.topic, CreationCases.topic,
            LimitCases.topic,
        ]
    }

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.contains("--list") { return topics.forEach { print($0.name) } }
        if arguments.contains("--table") { return print(SupportTable.text(topics), terminator: "") }
        func value(_ name: String) -> String? {
            arguments.firstIndex(of: name).flatMap { arguments.dropFirst($0 - arguments.startIndex + 1).first }
        }
        do {
            if arguments.contains("--target") { return try TargetProcess.serve(try Device(name: value("--device"))) }
            var runner = try Runner(device: value("--device"))
            let chosen = topics.filter { topic in value("--topic").map { $0 == topic.name } ?? true }
            for topic in chosen { runner.run(topic, only: value("--case")) }
            print("\(runner.ran) cases, \(runner.failed) failed")
            exit(runner.ran > 0 && runner.failed == 0 ? 0 : 1)
        } catch {
            print(error)
            exit(2)
        }
    }
}
