// KernelRules.swift - the rules of one kernel: a set of switches.
//
// Owns: the set. Does not: name eras (`KernelPreset`).

/// The rules of one kernel, real, proposed or mutated.
public struct KernelRules: Hashable, Sendable {
    private var bits: UInt128

    /// No switch on, and every guard in place.
    public init() {
        bits = 0
        for guardSwitch in KernelSwitch.allCases where guardSwitch.isGuard { bits |= 1 << UInt128(guardSwitch.rawValue) }
    }

    @inline(__always)
    public func has(_ rule: KernelSwitch) -> Bool { bits & (1 << UInt128(truncatingIfNeeded: rule.rawValue)) != 0 }

    public func with(_ rule: KernelSwitch) -> KernelRules {
        var copy = self
        copy.bits |= 1 << UInt128(rule.rawValue)
        return copy
    }

    public func without(_ rule: KernelSwitch) -> KernelRules {
        var copy = self
        copy.bits &= ~(1 << UInt128(rule.rawValue))
        return copy
    }

    /// The same rules with one switch the other way.
    public func flipping(_ rule: KernelSwitch) -> KernelRules { has(rule) ? without(rule) : with(rule) }
}
