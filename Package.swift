// swift-tools-version: 6.2
import CompilerPluginSupport
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

/// What only the command does: programs that write spans or record themselves link none of it.
let commandTargets: [Target] = [
  .target(
    name: "StripReader", dependencies: ["StripModel", "StripPlatform", "StripRecording"], path: "Sources/Reader",
    swiftSettings: core),
  .target(name: "CStripNVML", path: "Sources/CNVML", cSettings: [.define("_GNU_SOURCE")]),
  .target(
    name: "StripGPU",
    dependencies: ["StripModel", "CStripNVML", "StripPlatform", "StripProbes", "StripRecording", "StripSampling"],
    path: "Sources/GPU", swiftSettings: core),
]

/// What a Swift program links.
let libraryTargets: [Target] = [
  .target(name: "CStripchart", path: "Sources/CStripchart"),
  .target(
    name: "Stripchart",
    dependencies: ["CStripchart", "StripPlatform", "StripRecording", "StripSampling", "StripSpanCore"],
    path: "Sources/Stripchart", swiftSettings: strict + [.strictMemorySafety()]),
]

/// What joins the standard interfaces of servers to a recording. Each has a trait: whoever does not ask for it resolves and builds
/// nothing of it, and its module is empty.
let bridgeTargets: [Target] = [
  .target(
    name: "StripchartTracing",
    dependencies: [
      "Stripchart", "StripRecording",
      .product(name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"])),
    ],
    path: "Sources/StripchartTracing", swiftSettings: strict + [.strictMemorySafety()]),
  .target(
    name: "StripchartMetrics",
    dependencies: [
      "Stripchart", "StripPlatform", "StripRecording",
      .product(name: "CoreMetrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
    ],
    path: "Sources/StripchartMetrics", swiftSettings: strict + [.strictMemorySafety()]),
  .target(
    name: "StripchartService",
    dependencies: [
      "Stripchart",
      .product(
        name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["ServiceLifecycle"])),
    ],
    path: "Sources/StripchartService", swiftSettings: strict + [.strictMemorySafety()]),
]

/// A product of swift-syntax, which is resolved and built only where the trait "Macros" is on.
func swiftSyntax(_ product: String) -> Target.Dependency {
  .product(name: product, package: "swift-syntax", condition: .when(traits: ["Macros"]))
}

/// `@Profiled` and `@ProfiledLines`. Without the trait they compile to next to nothing.
let macroTargets: [Target] = [
  .target(
    name: "StripchartMacros", dependencies: ["Stripchart", "StripchartMacroPlugin"], path: "Sources/StripchartMacros",
    swiftSettings: strict),
  .macro(
    name: "StripchartMacroPlugin",
    dependencies: [
      swiftSyntax("SwiftSyntax"), swiftSyntax("SwiftDiagnostics"), swiftSyntax("SwiftSyntaxMacros"),
      swiftSyntax("SwiftCompilerPlugin"),
    ],
    path: "Sources/MacroPlugin", swiftSettings: strict),
  .testTarget(
    name: "MacroTests",
    dependencies: [
      "StripchartMacroPlugin", swiftSyntax("SwiftDiagnostics"), swiftSyntax("SwiftParser"), swiftSyntax("SwiftSyntax"),
      swiftSyntax("SwiftSyntaxMacros"), swiftSyntax("SwiftSyntaxMacroExpansion"),
    ],
    exclude: ["Golden"], swiftSettings: strict),
]

let toolTargets: [Target] = [
  .target(
    name: "StripProfiling", dependencies: ["StripModel", "StripPlatform", "StripRecording"], path: "Sources/Profiling",
    swiftSettings: strict + [.strictMemorySafety()]),
  .target(
    name: "StripAnalysis", dependencies: ["StripModel", "StripRecording", "StripReader"], path: "Sources/Analysis",
    swiftSettings: strict),
  .target(
    name: "StripReports", dependencies: ["StripModel", "StripAnalysis"], path: "Sources/Reports", swiftSettings: strict),
  .executableTarget(
    name: "StripCLI",
    dependencies: [
      "StripModel", "StripPlatform", "StripProbes", "StripRecording", "StripReader", "StripSampling", "StripGPU",
      "StripProfiling", "StripAnalysis", "StripReports",
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
    name: "ProbesTests", dependencies: ["StripModel", "StripPlatform", "StripProbes", "StripGPU"],
    exclude: ["Fixtures"], swiftSettings: strict),
  .testTarget(
    name: "RecordingTests",
    dependencies: ["StripModel", "StripPlatform", "StripRecording", "StripReader", "StripSpanCore"],
    swiftSettings: strict),
  .testTarget(
    name: "ProfilingTests",
    dependencies: ["StripModel", "StripPlatform", "StripProfiling", "StripReader", "StripRecording"],
    swiftSettings: strict),
  .testTarget(
    name: "SamplingTests",
    dependencies: ["StripModel", "StripPlatform", "StripProbes", "StripRecording", "StripReader", "StripSampling"],
    swiftSettings: strict),
  .testTarget(
    name: "AnalysisTests", dependencies: ["StripModel", "StripRecording", "StripReader", "StripAnalysis"],
    swiftSettings: strict),
  .testTarget(
    name: "ReportsTests",
    dependencies: ["StripModel", "StripRecording", "StripReader", "StripAnalysis", "StripReports"],
    exclude: ["Golden"],
    swiftSettings: strict),
]

let package = Package(
  name: "stripchart",
  products: isEmbedded
    ? [.library(name: "StripSpanCore", type: .static, targets: ["StripSpanCore"])]
    : [
      .library(name: "Stripchart", targets: ["Stripchart"]),
      .library(name: "StripchartMacros", targets: ["StripchartMacros"]),
      .library(name: "StripchartTracing", targets: ["StripchartTracing"]),
      .library(name: "StripchartMetrics", targets: ["StripchartMetrics"]),
      .library(name: "StripchartService", targets: ["StripchartService"]),
      .executable(name: "stripchart", targets: ["StripCLI"]),
    ],
  // A dependency is resolved only where one of its traits is enabled: a program that links `Stripchart` says `traits: []`.
  traits: isEmbedded
    ? []
    : [
      .trait(name: "Command", description: "The stripchart command."),
      .trait(name: "Macros", description: "@Profiled and @ProfiledLines, which need swift-syntax to build."),
      .trait(name: "Tracing", description: "StripchartTracing: a back end of swift-distributed-tracing."),
      .trait(name: "Metrics", description: "StripchartMetrics: a back end of swift-metrics."),
      .trait(name: "ServiceLifecycle", description: "StripchartService: a service of swift-service-lifecycle."),
      .default(enabledTraits: ["Command"]),
    ],
  dependencies: isEmbedded
    ? []
    : [
      .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
      .package(url: "https://github.com/swiftlang/swift-syntax", "603.0.0"..<"604.0.0"),
      .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
      .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
      .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
  targets: isEmbedded
    ? coreTargets
    : coreTargets + commandTargets + libraryTargets + bridgeTargets + macroTargets + toolTargets
)
