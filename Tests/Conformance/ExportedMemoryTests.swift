// ExportedMemoryTests.swift - a dma-buf of a driver, registered and used from another process.

import Glibc
import Testing

extension Conformance {
    /// Wants a driver that makes dma-bufs of ordinary pages; elsewhere these are reported as skipped.
    @Suite(.enabled(if: unsafe access("/dev/udmabuf", R_OK | W_OK) == 0, "wants /dev/udmabuf (CONFIG_UDMABUF, and the right to open it)"))
    struct ExportedMemoryTests {
        @Test(arguments: ["address", "frame"], LinkLayer.allCases)
        func isUsed(dma: String, linkLayer: LinkLayer) throws {
            let client = try Workplace.shared.get().compile("statuses")
            try Conformance.check("exported-used, \(dma), \(linkLayer)") {
                let output = try Conformance.run(
                    [client, "exported-used"], as: .caller,
                    environment: linkLayer.environment.merging(["VERBENA_DMA": dma]) { $1 })
                #expect(output.contains("exported-used: holds"), "\(output)")
            }
        }
    }
}
