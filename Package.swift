// swift-tools-version: 6.3
import PackageDescription

/// Every Swift target: strict memory safety, and no warning survives.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableExperimentalFeature("Lifetimes"),
]
let versionScript = Context.packageDirectory + "/Sources/VerbenaPreload/exports.map"

let package = Package(
    name: "verbena",
    products: [
        .library(name: "RDMA", targets: ["RDMA"]),
        .library(name: "verbena-preload", type: .dynamic, targets: ["VerbenaPreload"]),
        .executable(name: "verbena", targets: ["verbena"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
    ],
    targets: [
        // C: headers of the system, and the few lines that Swift cannot write.
        .systemLibrary(name: "CVerbs", pkgConfig: "libibverbs", providers: [.apt(["libibverbs-dev", "librdmacm-dev"])]),
        .target(name: "CPlatform"),
        .target(name: "CInterpose", dependencies: ["CPlatform"]),
        // liburing's few functions become part of the program, libibverbs is looked for when it is asked for: `verbena` starts without both.
        .target(name: "CHostActor", linkerSettings: [.linkedLibrary(":liburing.a")]),

        // Pure cores.
        .target(name: "Verbs", swiftSettings: strict),
        .target(name: "KernelMemory", dependencies: ["Verbs"], swiftSettings: strict),
        .target(name: "Litmus", dependencies: ["KernelMemory"], swiftSettings: strict),

        // The live device.
        .target(name: "Platform", dependencies: ["CPlatform"], swiftSettings: strict),
        .target(name: "Fabric", dependencies: ["Verbs", "Platform"], swiftSettings: strict),
        .target(name: "Device", dependencies: ["Verbs", "Fabric", "Platform"], swiftSettings: strict),
        .target(name: "RDMA", dependencies: ["Device", "Fabric", "Verbs", "Platform"], swiftSettings: strict),
        .target(name: "VerbsABI", dependencies: ["Device", "Fabric", "Verbs", "CVerbs"], swiftSettings: strict),
        .target(
            name: "VerbenaPreload", dependencies: ["VerbsABI", "CInterpose"], exclude: ["exports.map"],
            swiftSettings: strict,
            linkerSettings: [
                .linkedLibrary("ibverbs"), .linkedLibrary("rdmacm"),
                .unsafeFlags([
                    "-static-stdlib", "-Xlinker", "--version-script=" + versionScript,
                    "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "--no-as-needed",
                    // The runtime's locks, through CInterpose/fork_gate.c and runtime_once.c.
                    "-Xlinker", "--wrap=pthread_mutex_lock", "-Xlinker", "--wrap=pthread_mutex_unlock",
                    "-Xlinker", "--wrap=pthread_cond_wait",
                    "-Xlinker", "--wrap=_ZN5swift14threading_impl9once_slowERNS0_6once_tEPFvPvES3_",
                ]),
            ]),

        // Scenarios on the running kernel.
        .target(name: "LitmusHost", dependencies: ["Litmus", "KernelMemory", "Platform", "CHostActor"], swiftSettings: strict),

        // Tools.
        .executableTarget(
            name: "verbena",
            dependencies: [
                "Verbs", "Device", "Fabric", "Platform", "KernelMemory", "Litmus", "LitmusHost",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Examples of the library.
        .executableTarget(name: "one-sided-write", dependencies: ["RDMA"], path: "Examples/OneSidedWrite"),
        .executableTarget(name: "key-value-store", dependencies: ["RDMA"], path: "Examples/KeyValueStore"),

        // What scripts/bench swift runs.
        .executableTarget(name: "swift-latency", dependencies: ["RDMA"], path: "Benchmarks/SwiftLatency"),

        // Tests.
        .testTarget(name: "TidyTests", path: "Tests/Tidy", swiftSettings: strict),
        .testTarget(name: "KernelMemoryTests", dependencies: ["KernelMemory"], swiftSettings: strict),
        .executableTarget(name: "host-actor-client", dependencies: ["CHostActor"], path: "Tests/HostActorClient"),
        .testTarget(
            name: "LitmusHostTests", dependencies: ["LitmusHost", "Litmus", "KernelMemory", "Platform", "CHostActor", "host-actor-client"],
            swiftSettings: strict),
        .testTarget(name: "LitmusTests", dependencies: ["Litmus", "KernelMemory"], swiftSettings: strict),
        .testTarget(name: "FabricTests", dependencies: ["Fabric", "Verbs", "Platform", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "DeviceTests", dependencies: ["Device", "Fabric", "Verbs", "Platform", "CPlatformTestSupport", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "HotPathTests", path: "Tests/HotPath", swiftSettings: strict),
        .executableTarget(name: "conformance-suite", dependencies: ["CVerbs"], path: "Tests/Suite", swiftSettings: strict),
        .testTarget(
            name: "ConformanceTests", dependencies: ["conformance-suite"], path: "Tests/Conformance", exclude: ["Clients", "skips.txt"],
            swiftSettings: strict),
        .testTarget(
            name: "RDMATests", dependencies: ["RDMA", "one-sided-write", "key-value-store", "CPlatformTestSupport"], exclude: ["Clients", "MustNotCompile"],
            swiftSettings: strict),
        .testTarget(name: "VerbsTests", dependencies: ["Verbs", "TestSupport"], swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "CPlatformTestSupport", dependencies: ["CPlatform"], path: "Tests/CPlatformTestSupport"),
        .testTarget(
            name: "VerbenaCommandTests",
            dependencies: [
                "verbena", "Device", "Fabric", "Platform", "Verbs", "CPlatformTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PlatformTests", dependencies: ["Platform", "CPlatform", "CPlatformTestSupport"], swiftSettings: strict),
        .testTarget(name: "VerbsABITests", dependencies: ["VerbsABI", "Platform", "Verbs", "CVerbs"], swiftSettings: strict),
    ]
)

// Fuzz targets: only where scripts/fuzz asks for them, because they need the fuzzer's instrumentation in every module.
if Context.environment["VERBENA_FUZZ"] != nil {
    let fuzzer: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer"])]
    package.targets += [
        .target(name: "CFuzzer", path: "Fuzz/CFuzzer"),
        .target(name: "Fuzzing", dependencies: ["CFuzzer"], path: "Fuzz/Fuzzing"),
        .target(name: "FuzzChecks", dependencies: ["CFuzzer", "Device", "Fabric"], path: "Fuzz/FuzzChecks"),
        .executableTarget(
            name: "FuzzABI", dependencies: ["FuzzChecks", "VerbsABI", "CVerbs"], path: "Fuzz/FuzzABI", linkerSettings: fuzzer),
        .executableTarget(
            name: "FuzzSegment", dependencies: ["Fuzzing", "CFuzzer", "FuzzChecks", "Device", "Fabric", "Platform", "Verbs"],
            path: "Fuzz/FuzzSegment", linkerSettings: fuzzer),
        .executableTarget(
            name: "FuzzLitmus", dependencies: ["Fuzzing", "Litmus"], path: "Fuzz/FuzzLitmus", linkerSettings: fuzzer),
    ]
}
