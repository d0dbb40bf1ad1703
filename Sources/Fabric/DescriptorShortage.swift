// DescriptorShortage.swift - says once that a peer could not be met for want of descriptors.
//
// Why: the peer then looks absent, and "retry exceeded" alone does not tell what to do.

import Platform
import Synchronization

/// No descriptor was left where one is needed.
enum DescriptorShortage {
    private static let isExplained = Atomic<Bool>(false)

    static func explain() {
        guard !isExplained.exchange(true, ordering: .relaxed) else { return }
        Host.writeStandardError(
            """
            verbena: this process has no descriptor left (ulimit -n), and each peer takes three: peers look absent, and \
            requests to them end with "retry exceeded". Raise the limit, or close what is not needed.

            """)
    }
}
