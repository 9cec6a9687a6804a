// swift-tools-version: 6.2
import PackageDescription

// Of its own, so that nobody else resolves what the bridges bridge to. `make bench` builds it in release.
let package = Package(
  name: "bridge-bench",
  dependencies: [
    .package(name: "stripchart", path: "../..", traits: ["Tracing", "Metrics"]),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "bridge-bench",
      dependencies: [
        .product(name: "Stripchart", package: "stripchart"),
        .product(name: "StripchartTracing", package: "stripchart"),
        .product(name: "StripchartMetrics", package: "stripchart"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
        .product(name: "Metrics", package: "swift-metrics"),
      ])
  ]
)
