// FarTarget.swift - a target in a process of its own: this program once more.

import Foundation

/// A target in a process of its own.
final class FarTarget: Target {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()

    init(device: String?) throws {
        process.executableURL = URL(filePath: "/proc/self/exe")
        process.arguments = ["--target"] + (device.map { ["--device", $0] } ?? [])
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func make(_ plan: TargetPlan) throws -> TargetOffer {
        guard case .offer(let offer) = try ask(.make(plan)) else { throw Refused(function: "the target's process", code: EPROTO) }
        return offer
    }

    func connect(to initiator: UInt32) throws { _ = try ask(.connect(initiator)) }

    func report(expecting count: Int) throws -> TargetReport {
        guard case .report(let report) = try ask(.report(count)) else { throw Refused(function: "the target's process", code: EPROTO) }
        return report
    }

    func end() throws { _ = try ask(.end) }

    private func ask(_ message: TargetMessage) throws -> TargetMessage.Reply {
        try input.fileHandleForWriting.write(contentsOf: Data((try TargetMessage.line(message) + "\n").utf8))
        let reply: TargetMessage.Reply = try TargetMessage.value(try line())
        if case .failed(let words) = reply { throw Mismatch(what: "in the target's process", expected: "no error", seen: words) }
        return reply
    }

    private func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[unread.startIndex..<end], as: UTF8.self)
                unread = Data(unread[(end + 1)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Refused(function: "the target's process ended and", code: EPIPE) }
            unread.append(more)
        }
    }
}
