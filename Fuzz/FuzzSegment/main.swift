// main.swift - a program whose peer writes anything into both segments, between any two steps.
//
// After each input: nothing outside the registered memory has changed, none of it has left, everything can be destroyed,
// and nothing is left behind. That no step hangs, libFuzzer's own timeout sees.

@testable import Device
@testable import Fabric
import FuzzChecks
import Fuzzing
import Glibc
import Verbs

FuzzChecks.prepare()
Patience.isShort.store(true, ordering: .relaxed)
LockWait.looksMax.store(3, ordering: .relaxed)
let context = try DeviceContext.open(DeviceCatalogue.devices()[0])
_ = fcntl(context.asyncDescriptor, F_SETFL, O_NONBLOCK)
let process = try DeviceProcess.shared()
Victim.ownHolder = process.holder.rawValue
let peer = try HostilePeer(member: process.member)
let flipper = Flipping.meddler(peer.view)
let agent = HostileAgent.meddler(peer.view)
Victim.hideSecrets()
/// Our own header as it should be: what the peer writes there is put right between inputs.
let header = process.view.header.record
let headerWords = { (0..<256).map { header.word64($0 * 8).load() } }

exit(Fuzzing.run { input in
    let types: [QueuePairType] = [
        .reliableConnection, .reliableConnection, .unreliableConnection, .unreliableDatagram, .xrcInitiator,
    ]
    let kind = input.byte(), type = types[input.choice(types.count)]
    let before = headerWords()
    Victim.forgetBytes()
    let sharesReceives = kind & 4 != 0 && (type == .reliableConnection || type == .unreliableDatagram)
    guard let victim = try? Victim(context, type: type, sharesReceives: sharesReceives) else {
        fatalError("no objects can be made")
    }
    // Some peers may not be reached, and their agent answers; some words change while they are read.
    let isConfined = kind & 3 == 3 && input.byte() & 7 == 7
    peer.becomeHonest(connectedTo: victim, sharesReceives: kind & 8 != 0, isConfined: isConfined)
    if isConfined { agent.start(seed: UInt64(input.byte())) }
    if kind & 16 == 0 { victim.connect() }
    if kind >> 5 == 7, input.byte() & 15 == 15 { flipper.start(seed: UInt64(input.byte())) }
    var hasAsked = false
    for _ in 0..<64 where !input.isEmpty {
        switch input.choice(18) {
        case 0, 1, 2: HostileWord.write(&input, into: peer.view)
        case 3: HostileWord.write(&input, into: victim)
        case 4, 5, 6, 7: victim.send(&input)
        case 8, 9: victim.receive(&input)
        case 10: victim.forgeCompletion(&input)
        case 11: victim.poll(&input)
        case 12: victim.modify(&input)
        case 13: victim.takeEvents()
        case 14: victim.toggleRegion()
        case 15, 16:
            AgentRequest.ask(&input, of: victim)
            hasAsked = true
        default:
            if input.byte() & 63 == 63 { peer.observe() }
            process.makeProgress()
            if input.byte() & 15 == 0, let known = process.member.peer(for: HostilePeer.number, mayWait: false) {
                victim.pair.forget(known)
            }
        }
    }
    flipper.stop()
    victim.end()
    agent.stop()
    if hasAsked { AgentRequest.forget(process.view) }
    for (index, word) in before.enumerated() { header.word64(index * 8).store(word) }
    Fuzzing.require(Victim.secretsStand, "memory outside the registered region has changed")
    Fuzzing.require(!hasAsked || !AgentRequest.shows(Victim.secret, in: process.view), "a copy by the agent has shown a secret")
    Fuzzing.require(!isConfined || !AgentRequest.shows(Victim.secret, in: peer.view), "a copy through the agent has shown a secret")
    Fuzzing.require(!peer.knows(Victim.secret), "memory outside the registered region has left")
    Fuzzing.require(peer.isAsleep, "the process that plays the peer has ended")
    FuzzChecks.requireNothingLeft()
})
