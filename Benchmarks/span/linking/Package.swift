// swift-tools-version: 6.2
import PackageDescription

let stripchart = Target.Dependency.product(name: "Stripchart", package: "stripchart")

/// The same program without Stripchart, with its spans, and with a recording of its own, for the size that each adds.
let package = Package(
  name: "linking",
  dependencies: [.package(name: "stripchart", path: "../../..", traits: [])],
  targets: [
    .executableTarget(name: "plain"),
    .executableTarget(name: "spans", dependencies: [stripchart]),
    .executableTarget(name: "linked", dependencies: [stripchart]),
  ]
)
