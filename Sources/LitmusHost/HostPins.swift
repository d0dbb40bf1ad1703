// HostPins.swift - the pins of one run: those that the machine has more than before it.
//
// Owns: what was there before, and patience: some drivers give pages back a moment after the call that ended the region.
import Platform

/// Counts the pins of one run.
struct HostPins {
    private let nursery: HostNursery
    private let before: Int

    /// Nil where pins cannot be counted.
    init?(_ nursery: HostNursery) {
        guard let outstanding = PinCounter.outstanding() else { return nil }
        self.nursery = nursery
        before = outstanding - nursery.openPeers.count
    }

    /// What is held now, without the processes' own; asked again for a while if something else is expected.
    func held(beside own: Int, expected: Int) -> Int? {
        for _ in 0..<Self.patience {
            guard let now else { return nil }
            if now - own == expected { return expected }
            Clock.sleep(nanoseconds: 5_000_000)
        }
        return now.map { $0 - own }
    }

    /// What should have gone with the processes, and has not.
    var left: HostComparison.Difference? {
        guard let held = held(beside: 0, expected: 0), held != 0 else { return nil }
        return HostComparison.Difference(predicted: "no pin is left", seen: "\(held)", isAboutPins: true)
    }

    private var now: Int? { PinCounter.outstanding().map { $0 - nursery.openPeers.count - before } }

    private static var patience: Int { 200 }
}
