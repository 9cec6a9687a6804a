internal import StripPlatform

/// Which block devices are disks of their own, so that each byte is counted once.
struct DiskRule: Sendable {
  let sys: String
  private let hasSys: Bool

  init(sys: String) {
    self.sys = sys
    hasSys = (try? FileStatus.of(sys + "/block")) != nil
  }

  /// /sys/block lists whole disks only, and `device` in one points to the hardware: partitions are not there; loop, ram, zram,
  /// device-mapper and md have no hardware.
  func isPhysical(_ name: DeviceName) -> Bool {
    guard hasSys else { return isPhysicalByName(name) }
    // cciss!c0d0: /sys has a `!` where /proc has a `/`. By bytes, because characters need Unicode tables.
    let entry = String(
      decoding: name.text.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "!") : $0 }, as: UTF8.self)
    return (try? FileStatus.of(sys + "/block/" + entry + "/device")) != nil
  }

  /// Without /sys: by the names that the kernel's drivers give.
  func isPhysicalByName(_ name: DeviceName) -> Bool {
    if name.starts(with: "sd") || name.starts(with: "hd") || name.starts(with: "vd") || name.starts(with: "xvd") {
      return !name.endsInDigit
    }
    return (name.starts(with: "nvme") || name.starts(with: "mmcblk")) && !name.endsInPartition
  }
}
