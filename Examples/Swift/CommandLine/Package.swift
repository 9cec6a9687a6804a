// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "WordCount",
  dependencies: [
    // Without traits: nothing else is resolved or built.
    .package(name: "stripchart", path: "../../..", traits: [])
  ],
  targets: [
    .executableTarget(name: "WordCount", dependencies: [.product(name: "Stripchart", package: "stripchart")])
  ]
)
