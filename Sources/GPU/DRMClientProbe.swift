package import StripProbes

/// What `/proc/PID/fdinfo/FD` of a graphics device says: Documentation/gpu/drm-usage-stats.rst.
package struct DRMClient: Equatable, Sendable {
  package var driver = ""
  /// `0000:03:00.0`; not every device is on a PCI bus.
  package var pci: String?
  /// The same number in every descriptor that shares the file; unique on its device.
  package var id: Int64?
  /// All engines together, since the file was opened. An engine of capacity n may give n seconds a second.
  package var engineNanoseconds: Int64?
  /// Where engines are counted in cycles instead: those used by all engines, and those that went by.
  package var engineCycles: Int64?
  package var totalCycles: Int64?
  /// What lies in the device's own memory, and what in the machine's.
  package var deviceBytes: Int64?
  package var machineBytes: Int64?

  /// `nil`: this is no graphics device's.
  package init?(_ text: FieldScanner) {
    var text = text
    // By region: resident before memory (its old name) before total.
    var regions: [(name: DeviceName, bytes: Int64, rank: Int)] = []
    while !text.isAtEnd {
      defer { text.skipLine() }
      guard text.take("drm-") else { continue }
      if text.take("driver:") {
        driver = text.name()?.text ?? ""
      } else if text.take("pdev:") {
        pci = text.name()?.text
      } else if text.take("client-id:") {
        id = text.integer()
      } else if text.take("engine-capacity-") {
        continue
      } else if text.take("engine-") {
        if let time = Self.number(&text) { engineNanoseconds = added(engineNanoseconds ?? 0, time) }
      } else if text.take("total-cycles-") {
        if let cycles = Self.number(&text) { totalCycles = max(totalCycles ?? 0, cycles) }
      } else if text.take("cycles-") {
        if let cycles = Self.number(&text) { engineCycles = added(engineCycles ?? 0, cycles) }
      } else if text.take("resident-") {
        Self.region(&text, rank: 2, &regions)
      } else if text.take("memory-") {
        Self.region(&text, rank: 1, &regions)
      } else if text.take("total-") {
        Self.region(&text, rank: 0, &regions)
      }
    }
    if driver.utf8.isEmpty { return nil }
    for region in regions {
      // amdgpu: vram, gtt, cpu. i915: local0, system0, stolen-system. xe: vram0, gtt, system, stolen.
      if region.name.starts(with: "vram") || region.name.starts(with: "local") {
        deviceBytes = added(deviceBytes ?? 0, region.bytes)
      } else if !region.name.starts(with: "cpu") {
        machineBytes = added(machineBytes ?? 0, region.bytes)
      }
    }
  }

  private static func number(_ text: inout FieldScanner) -> Int64? {
    guard text.skip(past: UInt8(ascii: ":")) else { return nil }
    return text.integer()
  }

  private static func region(
    _ text: inout FieldScanner, rank: Int, _ regions: inout [(name: DeviceName, bytes: Int64, rank: Int)]
  ) {
    guard let name = text.name(endingAt: UInt8(ascii: ":")), text.skip(past: UInt8(ascii: ":")),
      let number = text.integer()
    else { return }
    text.skipBlanks()
    let unit: Int64 = text.take("KiB") ? 1024 : text.take("MiB") ? 1 << 20 : 1
    let bytes = scaled(number, by: unit)
    guard let known = regions.firstIndex(where: { $0.name == name }) else {
      regions.append((name, bytes, rank))
      return
    }
    if rank > regions[known].rank { regions[known] = (name, bytes, rank) }
  }
}
