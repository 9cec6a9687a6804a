import Foundation
import StripPlatform
import StripSampling
import Testing

struct CycleCalibrationTests {
  private func withSys<Result>(_ clocksource: String?, _ body: (String) throws -> Result) throws -> Result {
    let root = FileManager.default.temporaryDirectory.appending(path: "sys-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let directory = root.appending(path: "devices/system/clocksource/clocksource0")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    if let clocksource {
      try Data(clocksource.utf8).write(to: directory.appending(path: "current_clocksource"))
    }
    return try body(root.path())
  }

  private func wait(nanoseconds: UInt64) {
    let end = Clock.boottime() + nanoseconds
    while Clock.boottime() < end {}
  }

  /// The rate that the test sees lies between that of the shortest and of the longest time in which the calibration read both
  /// clocks, however long a preemption in between was.
  @Test func `the rate is that of the clocks themselves`() throws {
    try withSys("tsc\n") { sys in
      let first = (Clock.boottime(), Clock.cycles())
      let calibration = CycleCalibration(sys: sys)
      let second = (Clock.boottime(), Clock.cycles())
      wait(nanoseconds: 20_000_000)
      let third = (Clock.boottime(), Clock.cycles())
      let multiplier = Double(calibration.multiplier()) / Double(1 << 24)
      let fourth = (Clock.boottime(), Clock.cycles())
      let least = Double(third.0 - second.0) / Double(fourth.1 - first.1)
      let most = Double(fourth.0 - first.0) / Double(third.1 - second.1)
      #expect(multiplier >= least * 0.99)
      #expect(multiplier <= most * 1.01)
    }
  }

  @Test func `without 5 ms of counting there is no rate yet`() throws {
    try withSys("tsc") { sys in
      let start = Clock.boottime()
      let calibration = CycleCalibration(sys: sys)
      let multiplier = calibration.multiplier()
      if Clock.boottime() - start <= 5_000_000 { #expect(multiplier == 0) }
    }
  }

  @Test(arguments: ["hpet\n", "acpi_pm\n", "", nil])
  func `a counter by which the kernel does not keep time is not used`(clocksource: String?) throws {
    try withSys(clocksource) { sys in
      #expect(!CycleCalibration.isTrusted(sys))
      let calibration = CycleCalibration(sys: sys)
      wait(nanoseconds: 6_000_000)
      #expect(calibration.multiplier() == 0)
    }
  }

  @Test(arguments: ["tsc\n", "kvm-clock\n", "arch_sys_counter\n"])
  func `a counter by which the kernel keeps time is used`(clocksource: String) throws {
    try withSys(clocksource) { #expect(CycleCalibration.isTrusted($0)) }
  }
}
