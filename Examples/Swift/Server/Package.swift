// swift-tools-version: 6.2
import PackageDescription

// Of its own, so that nobody else resolves a web server.
let package = Package(
  name: "Server",
  dependencies: [
    .package(name: "stripchart", path: "../../..", traits: ["Tracing", "Metrics", "ServiceLifecycle"]),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "Server",
      dependencies: [
        .product(name: "Stripchart", package: "stripchart"),
        .product(name: "StripchartTracing", package: "stripchart"),
        .product(name: "StripchartMetrics", package: "stripchart"),
        .product(name: "StripchartService", package: "stripchart"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ])
  ]
)
