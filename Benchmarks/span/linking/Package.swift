// swift-tools-version: 6.2
import PackageDescription

/// The same program without and with Stripchart, for the size that linking it adds.
let package = Package(
  name: "linking",
  dependencies: [.package(name: "stripchart", path: "../../..", traits: [])],
  targets: [
    .executableTarget(name: "plain"),
    .executableTarget(name: "linked", dependencies: [.product(name: "Stripchart", package: "stripchart")]),
  ]
)
