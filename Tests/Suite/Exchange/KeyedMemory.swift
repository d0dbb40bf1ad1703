// KeyedMemory.swift - two pages, and a key for them in the condition that a plan asks for.

/// Two pages, and a key for them in the condition that a plan asks for.
final class KeyedMemory {
    static let bytes = 8192
    let memory: Memory
    let localKey: UInt32
    let remoteKey: UInt32

    /// - Parameter domain: the domain of the queue that will use the key.
    init(_ bench: Bench, _ domain: Domain, access: Access, key: KeyPlan, seed: UInt8) throws {
        let owner = key == .otherDomain ? try bench.domain() : domain
        let region = try bench.region(owner, pages: 2, access: access, seed: seed)
        memory = region.memory
        switch key {
        case .good, .otherDomain:
            localKey = region.localKey
            remoteKey = region.remoteKey
        case .altered:
            localKey = region.localKey ^ 0x5a
            remoteKey = region.remoteKey ^ 0x5a
        case .deregistered:
            localKey = region.localKey
            remoteKey = region.remoteKey
            let code = region.destroy()
            if code != 0 { throw Refused(function: "ibv_dereg_mr", code: code) }
        case .zero:
            localKey = 0
            remoteKey = 0
        }
    }

    func piece(_ offset: Int, _ length: Int) -> Element {
        Element(address: memory.address &+ UInt64(bitPattern: Int64(offset)), length: UInt32(length), key: localKey)
    }
}
