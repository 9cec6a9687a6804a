internal import StripModel
internal import StripPlatform
internal import StripProbes

/// What a DRM device says of itself in sysfs: Documentation/gpu/amdgpu/driver-misc.rst, Documentation/hwmon/sysfs-interface.rst.
///
/// Each file is opened for each reading: a file of a device that was unplugged or sleeps answers with an error, and no more.
struct AMDProbe {
  /// `/sys/class/drm/card0/device`
  let device: String
  /// `/sys/class/drm/card0`
  let card: String
  /// Its folder under `hwmon`.
  let sensors: String?

  init(card: String) {
    self.card = card
    device = card + "/device"
    let folder = device + "/hwmon"
    sensors = (try? FileSystem.entries(of: folder))?.first.map { folder + "/" + $0 }
  }

  var memoryBytes: Int64? { Self.number(device + "/mem_info_vram_total") }

  /// A card in runtime suspend is not woken for our sake; it is idle.
  private var sleeps: Bool {
    guard let bytes = try? FileSystem.contents(of: device + "/power/runtime_status") else { return false }
    return bytes.starts(with: "suspend".utf8)
  }

  func read(into sample: inout Sample<GPUMetric>, seldom: Bool) {
    if sleeps {
      if memoryBytes != nil { sample[.busyShare] = 0 }
      return
    }
    sample[.memory] = Self.number(device + "/mem_info_vram_used")
    sample[.machineMemory] = Self.number(device + "/mem_info_gtt_used")
    sample[.busyShare] = Self.number(device + "/gpu_busy_percent").map { min($0, 100) * 10 }
    sample[.memoryBusyShare] = Self.number(device + "/mem_busy_percent").map { min($0, 100) * 10 }
    guard seldom else { return }
    // i915 and xe tell their speed in the card's own folder, in MHz.
    let clock = Self.number(card + "/gt_act_freq_mhz") ?? Self.number(device + "/tile0/gt0/freq0/act_freq")
    sample[.clock] = clock.map { $0 &* 1_000_000 }
    guard let sensors else { return }
    // µW, m°C, Hz, µJ.
    let power = Self.number(sensors + "/power1_average") ?? Self.number(sensors + "/power1_input")
    sample[.power] = power.map { $0 / 1000 }
    sample[.temperature] = Self.number(sensors + "/temp1_input").map { $0 / 1000 }
    sample[.energy] = Self.number(sensors + "/energy1_input").map { $0 / 1000 }
    if let clock = Self.number(sensors + "/freq1_input") { sample[.clock] = clock }
    if let clock = Self.number(sensors + "/freq2_input") { sample[.memoryClock] = clock }
  }

  /// A file that holds one number.
  static func number(_ path: String) -> Int64? {
    guard let bytes = try? FileSystem.contents(of: path) else { return nil }
    return unsafe bytes.withUnsafeBytes { bytes in
      var text = unsafe FieldScanner(bytes)
      return text.integer()
    }
  }
}
