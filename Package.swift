// swift-tools-version: 6.2
import PackageDescription

/// `STRIPCHART_EMBEDDED=1` builds the core as Embedded Swift: one static library with no Swift runtime, for C and Python.
let isEmbedded = Context.environment["STRIPCHART_EMBEDDED"] == "1"

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The settings of the modules that run inside other people's processes.
let core: [SwiftSetting] =
  strict + [.strictMemorySafety()] + (isEmbedded ? [.enableExperimentalFeature("Embedded")] : [])

let coreTargets: [Target] = [
  .target(name: "StripModel", path: "Sources/Model", swiftSettings: core),
  .target(name: "CStripPlatform", path: "Sources/CPlatform", cSettings: [.define("_GNU_SOURCE")]),
  .target(
    name: "StripPlatform", dependencies: ["StripModel", "CStripPlatform"], path: "Sources/Platform",
    swiftSettings: core),
  .target(
    name: "StripRecording", dependencies: ["StripModel", "StripPlatform"], path: "Sources/Recording",
    swiftSettings: core),
  .target(
    name: "StripProbes", dependencies: ["StripModel", "StripPlatform"], path: "Sources/Probes", swiftSettings: core),
  .target(
    name: "StripSampling", dependencies: ["StripModel", "StripPlatform", "StripProbes", "StripRecording"],
    path: "Sources/Sampling", swiftSettings: core),
  .target(
    name: "StripSpanCore",
    dependencies: ["StripModel", "StripPlatform", "StripProbes", "StripRecording", "StripSampling"],
    path: "Sources/SpanCore", exclude: ["include"], swiftSettings: core),
]

/// What a Swift program links.
let libraryTargets: [Target] = [
  .target(name: "CStripchart", path: "Sources/CStripchart"),
  .target(
    name: "Stripchart", dependencies: ["CStripchart", "StripPlatform", "StripRecording", "StripSampling", "StripSpanCore"],
    path: "Sources/Stripchart", swiftSettings: strict + [.strictMemorySafety()]),
]

let toolTargets: [Target] = [
  .target(
    name: "StripAnalysis", dependencies: ["StripModel", "StripRecording"], path: "Sources/Analysis",
    swiftSettings: strict),
  .target(
    name: "StripReports", dependencies: ["StripModel", "StripAnalysis"], path: "Sources/Reports", swiftSettings: strict),
  .executableTarget(
    name: "StripCLI",
    dependencies: [
      "StripModel", "StripPlatform", "StripProbes", "StripRecording", "StripSampling", "StripAnalysis", "StripReports",
      .product(name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Command"])),
    ],
    path: "Sources/CLI", swiftSettings: strict),
  .executableTarget(
    name: "strip-span-fixture", dependencies: ["StripPlatform", "StripRecording", "StripSpanCore"],
    path: "Sources/SpanFixture",
    swiftSettings: strict),
  .executableTarget(
    name: "strip-swift-fixture", dependencies: ["StripPlatform", "Stripchart"], path: "Sources/SwiftFixture",
    swiftSettings: strict),
  .executableTarget(
    name: "strip-bench",
    dependencies: [
      "Stripchart", "StripModel", "StripPlatform", "StripProbes", "StripRecording", "StripSampling", "StripAnalysis",
      "StripSpanCore",
    ],
    path: "Sources/Bench", swiftSettings: strict),
  .testTarget(
    name: "ProbesTests", dependencies: ["StripModel", "StripPlatform", "StripProbes"], exclude: ["Fixtures"],
    swiftSettings: strict),
  .testTarget(
    name: "RecordingTests", dependencies: ["StripModel", "StripPlatform", "StripRecording", "StripSpanCore"],
    swiftSettings: strict),
  .testTarget(
    name: "SamplingTests",
    dependencies: ["StripModel", "StripPlatform", "StripProbes", "StripRecording", "StripSampling"],
    swiftSettings: strict),
  .testTarget(
    name: "AnalysisTests", dependencies: ["StripModel", "StripRecording", "StripAnalysis"], swiftSettings: strict),
  .testTarget(
    name: "ReportsTests", dependencies: ["StripModel", "StripRecording", "StripAnalysis", "StripReports"],
    exclude: ["Golden"],
    swiftSettings: strict),
]

let package = Package(
  name: "stripchart",
  products: isEmbedded
    ? [.library(name: "StripSpanCore", type: .static, targets: ["StripSpanCore"])]
    : [
      .library(name: "Stripchart", targets: ["Stripchart"]),
      .executable(name: "stripchart", targets: ["StripCLI"]),
    ],
  // A dependency is resolved only where one of its traits is enabled: a program that links `Stripchart` says `traits: []`.
  traits: isEmbedded
    ? []
    : [
      .trait(name: "Command", description: "The stripchart command."), .default(enabledTraits: ["Command"]),
    ],
  dependencies: isEmbedded
    ? [] : [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")],
  targets: isEmbedded ? coreTargets : coreTargets + libraryTargets + toolTargets
)
