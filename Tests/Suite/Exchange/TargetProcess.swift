// TargetProcess.swift - the other end of FarTarget: answers until its input ends.

import Foundation

enum TargetProcess {
    static func serve(_ device: Device) throws {
        let near = NearTarget(device)
        while let line = readLine() {
            var reply: TargetMessage.Reply
            do { reply = try answer(near, try TargetMessage.value(line)) } catch { reply = .failed("\(error)") }
            FileHandle.standardOutput.write(Data((try TargetMessage.line(reply) + "\n").utf8))
        }
    }

    private static func answer(_ near: NearTarget, _ message: TargetMessage) throws -> TargetMessage.Reply {
        switch message {
        case .make(let plan): return .offer(try near.make(plan))
        case .connect(let initiator): try near.connect(to: initiator)
        case .report(let count): return .report(try near.report(expecting: count))
        case .end: try near.end()
        }
        return .done
    }
}
