// swift-tools-version: 6.2
import PackageDescription

// A program that uses the bridges in the ways that libraries do. Of its own, as what it needs is no part of the others.
let package = Package(
  name: "bridges-use",
  dependencies: [
    .package(name: "stripchart", path: "../..", traits: ["Tracing", "Metrics", "ServiceLifecycle"]),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "bridges-use",
      dependencies: [
        .product(name: "Stripchart", package: "stripchart"),
        .product(name: "StripchartTracing", package: "stripchart"),
        .product(name: "StripchartMetrics", package: "stripchart"),
        .product(name: "StripchartService", package: "stripchart"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ])
  ]
)
