// swift-tools-version: 6.1
import Foundation
import PackageDescription

// Drivers are compiled in Embedded Swift, so that each is a plain shared library that needs libc
// and libm alone. The one static archive that this takes lies beside the compiler.
let toolchain: String = {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
  for folder in path.split(separator: ":") {
    let swift = "\(folder)/swift"
    guard FileManager.default.isExecutableFile(atPath: swift) else { continue }
    return URL(fileURLWithPath: swift).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().path
  }
  return "/usr"
}()

#if arch(arm64)
  let triple = "aarch64-unknown-linux-gnu"
#else
  let triple = "x86_64-unknown-linux-gnu"
#endif

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]
let host: [SwiftSetting] =
  strict + [
    .unsafeFlags(
      ["-cross-module-optimization", "-enforce-exclusivity=unchecked"],
      .when(configuration: .release))
  ]
// Optimised in debug builds too: tests run the code that ships, and fast enough to try every cut.
let embedded: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableExperimentalFeature("Embedded"),
  .unsafeFlags([
    "-O", "-wmo", "-enforce-exclusivity=unchecked", "-Xfrontend", "-function-sections",
  ]),
]

/// A room of the host: a folder of Sources/NexusHost, which sees only the rooms that it names.
/// `embeds` are files in it that become part of the program.
func room(_ name: String, sees: [String], embeds: [String] = []) -> Target {
  .target(
    name: name, dependencies: sees.map { .init(stringLiteral: $0) },
    path: "Sources/NexusHost/\(name)", resources: embeds.map { .embedInCode($0) },
    swiftSettings: host)
}

/// A driver leaves no symbol to its host; but under a sanitizer the host brings the sanitizer.
let closed =
  Context.environment["NEXUS_SANITIZE"] == nil ? ["-Xlinker", "-z", "-Xlinker", "defs"] : []

/// A driver: a folder of Plugins, built into the shared library `library`.
func driver(_ folder: String) -> Target {
  .target(
    name: "Driver\(folder)", dependencies: ["NexusPluginABI", "DriverKit"],
    path: "Plugins/\(folder)", swiftSettings: embedded,
    linkerSettings: [
      .unsafeFlags(
        [
          "-use-ld=lld", "-L\(toolchain)/lib/swift/embedded/\(triple)", "-lswiftUnicodeDataTables",
          "-lm",
          "-Xlinker", "--gc-sections",
          "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/driver.map",
        ] + closed)
    ])
}

let drivers = [
  ("ollama", "Ollama"), ("vllm", "VLLM"), ("llamacpp", "LlamaCpp"),
  ("lmstudio", "LMStudio"), ("exo", "Exo"), ("openai", "OpenAI"),
]

let package = Package(
  name: "nexus",
  products: [
    .executable(name: "nexus", targets: ["nexus"]),
    .executable(name: "nexus-sim", targets: ["nexus-sim"]),
  ] + drivers.map { .library(name: $0.0, type: .dynamic, targets: ["Driver\($0.1)"]) },
  targets: [
    .target(name: "NexusPluginABI"),
    .target(name: "CLinux", path: "Sources/NexusHost/System/CLinux"),
    .target(
      name: "CCurl", path: "Sources/NexusHost/System/CCurl",
      linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CAvahi", path: "Sources/NexusHost/System/CAvahi",
      linkerSettings: [.linkedLibrary("avahi-client"), .linkedLibrary("avahi-common")]),

    room("Net", sees: ["CLinux", "CCurl", "CAvahi"]),
    room("Text", sees: []),
    room("Console", sees: ["Text"]),
    room("HTTP", sees: ["Net", "Text"]),
    room("Config", sees: ["Text", "HTTP", "Net"]),
    room("Telemetry", sees: ["Config", "Net", "Text"]),
    room("Drivers", sees: ["NexusPluginABI", "CLinux", "HTTP", "Text", "Net", "Telemetry"]),
    .target(
      name: "CConform", dependencies: ["NexusPluginABI"],
      path: "Sources/NexusHost/System/CConform"),
    room(
      "Conformance",
      sees: ["Drivers", "HTTP", "Text", "Net", "NexusPluginABI", "CLinux", "CConform"]),
    room("Fleet", sees: ["Drivers", "Telemetry", "Config", "Text", "HTTP", "Net"]),
    room("Routing", sees: ["Fleet", "Config", "Text"]),
    room(
      "Control",
      sees: [
        "Fleet", "Routing", "Drivers", "Config", "Telemetry", "HTTP", "Text", "Net", "CLinux",
      ]),
    room(
      "Gateway",
      sees: [
        "Control", "Routing", "Fleet", "Drivers", "Telemetry", "Config", "HTTP", "Text", "Net",
      ], embeds: ["Page/Web/app.js", "Page/Web/page.css", "Page/Web/icon.svg"]),
    .executableTarget(
      name: "nexus",
      dependencies: [
        "Gateway", "Control", "Routing", "Fleet", "Conformance", "Drivers", "Telemetry", "Config",
        "HTTP", "Text", "Console", "Net", "CLinux",
      ],
      path: "Sources/NexusHost/Main", swiftSettings: host,
      linkerSettings: [.unsafeFlags(["-static-stdlib"])]),

    .target(
      name: "DriverKit", dependencies: ["NexusPluginABI"], path: "Plugins/Kit",
      swiftSettings: embedded),
  ] + drivers.map { driver($0.1) } + [
    .target(name: "LatencyModels", path: "Tests/LatencyModels", swiftSettings: host),
    .executableTarget(
      name: "nexus-sim", dependencies: ["CLinux", "LatencyModels"], path: "Tests/Simulator",
      swiftSettings: strict,
      linkerSettings: [.unsafeFlags(["-static-stdlib"])]),
    .target(
      name: "FakeDriver", dependencies: ["Drivers", "NexusPluginABI"],
      path: "Tests/Bench/FakeDriver", swiftSettings: host),
    .executableTarget(
      name: "routing-bench",
      dependencies: ["Routing", "Fleet", "Drivers", "Config", "HTTP", "Text", "FakeDriver"],
      path: "Tests/Bench/Routing", swiftSettings: host),
    .executableTarget(
      name: "placement-bench",
      dependencies: [
        "Routing", "Fleet", "Drivers", "Config", "HTTP", "Text", "FakeDriver", "LatencyModels",
      ],
      path: "Tests/Bench/Placement", swiftSettings: host),
    .executableTarget(
      name: "prewarm-bench", dependencies: ["Control", "Config", "LatencyModels"],
      path: "Tests/Bench/Prewarm", swiftSettings: host),
    .executableTarget(
      name: "facts-bench", dependencies: ["Text"], path: "Tests/Bench/Facts", swiftSettings: host),
    .target(name: "Seeded", path: "Tests/Seeded", swiftSettings: strict),
    .testTarget(name: "TextTests", dependencies: ["Text", "Seeded"], swiftSettings: strict),
    .testTarget(
      name: "ConsoleTests", dependencies: ["Console", "Text", "Seeded"], swiftSettings: strict),
    .testTarget(
      name: "ConfigTests", dependencies: ["Config", "HTTP", "Text", "Seeded"],
      swiftSettings: strict),
    .testTarget(
      name: "HTTPTests", dependencies: ["HTTP", "Text", "Seeded"], swiftSettings: strict),
    .testTarget(name: "NetTests", dependencies: ["Net", "HTTP"], swiftSettings: strict),
    .executableTarget(
      name: "discovery-listener", dependencies: ["Net"], path: "Tests/DiscoveryTests/Listener",
      swiftSettings: strict),
    .testTarget(
      name: "DiscoveryTests", dependencies: ["Net", "discovery-listener"], exclude: ["Listener"],
      swiftSettings: strict),
    .testTarget(
      name: "DriverTests", dependencies: ["Drivers", "HTTP", "Net", "NexusPluginABI", "Seeded"],
      swiftSettings: strict),
    .testTarget(
      name: "ConformanceTests", dependencies: ["Conformance", "Drivers", "Seeded"],
      swiftSettings: strict),
    .testTarget(
      name: "RoutingTests",
      dependencies: [
        "Gateway", "Control", "Routing", "Fleet", "Drivers", "Telemetry", "Config", "HTTP", "Text",
        "Net", "NexusPluginABI", "Seeded",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "state-torture", dependencies: ["Control"], path: "Tests/StateTests/Torture",
      swiftSettings: strict),
    .testTarget(
      name: "StateTests", dependencies: ["Control", "state-torture", "Seeded"],
      exclude: ["Torture"],
      swiftSettings: strict),
    .testTarget(
      name: "AdviceTests",
      dependencies: ["Control", "Fleet", "Drivers", "Config", "HTTP", "Seeded"],
      swiftSettings: strict),
    .testTarget(
      name: "PlacementTests",
      dependencies: ["placement-bench", "LatencyModels", "Drivers", "FakeDriver"],
      swiftSettings: strict),
    .testTarget(name: "SimulatorTests", swiftSettings: strict),
    .testTarget(name: "WireTests", dependencies: ["Seeded"], swiftSettings: strict),
    .testTarget(
      name: "BrowserTests", exclude: ["Audit/audit.js"], swiftSettings: strict),
  ]
)
