internal import StripModel
internal import StripPlatform
internal import StripProbes

/// The GPUs of AMD, Intel and others that the kernel's own drivers serve: sysfs for the device, `/proc/PID/fdinfo` for who uses it.
/// No library. Other users' processes are hidden without CAP_SYS_PTRACE.
struct DRMSource {
  private(set) var devices: [GPUDevice] = []
  private let proc: String
  private var probes: [AMDProbe] = []
  /// The last values of each device, those that are read seldom among them.
  private var samples: [Sample<GPUMetric>] = []
  private var known: [Int32: Process] = [:]
  private var isFirst = true

  private struct Process {
    /// The descriptors of graphics devices, as of the last look at all.
    var descriptors: [String] = []
    var lookedAt: UInt64 = 0
    /// By device: engine time that this process has used since it is read.
    var engines: [Int: Int64] = [:]
    var clients: [Client] = []
  }

  private struct Client {
    let device: Int
    let id: Int64
    var engineNanoseconds: Int64
    var cycles: Int64
    var totalCycles: Int64
    var time: UInt64
  }

  /// Drivers of GPUs that compute or draw; the others only bring pictures to a screen.
  private static let drivers = [
    "amdgpu", "radeon", "i915", "xe", "nouveau", "nova-drm", "msm", "panfrost", "panthor", "v3d", "etnaviv", "lima",
    "asahi",
  ]

  /// Looks through `/sys/class/drm`. `first`: the index of the first GPU found. `nil`: there is none.
  init?(roots: KernelRoots, first: Int, selection: GPUSelection) {
    proc = roots.proc
    let folder = roots.sys + "/class/drm"
    guard let entries = try? FileSystem.entries(of: folder) else { return nil }
    let numbers = entries.compactMap { name in
      name.utf8.starts(with: "card".utf8) ? Int(String(decoding: name.utf8.dropFirst(4), as: UTF8.self)) : nil
    }
    var index = first
    for number in numbers.sorted() {
      let card = "\(folder)/card\(number)"
      guard let device = Self.describe(card, index: index) else { continue }
      index += 1
      guard selection.contains(device.index) else { continue }
      devices.append(device)
      probes.append(AMDProbe(card: card))
      samples.append(Sample())
    }
    if devices.isEmpty { return nil }
  }

  private static func describe(_ card: String, index: Int) -> GPUDevice? {
    guard let driver = (try? FileSystem.link(card + "/device/driver")).map(lastPart),
      drivers.contains(where: { driver.isSame(as: $0) })
    else { return nil }
    var device = GPUDevice(index: index, name: "")
    device.driver = driver
    device.pci = (try? FileSystem.link(card + "/device")).map(lastPart)
    device.memoryBytes = AMDProbe.number(card + "/device/mem_info_vram_total")
    device.uuid = word(card + "/device/unique_id")
    device.name = word(card + "/device/product_name") ?? name(card, driver)
    return device
  }

  /// `AMD GPU 744c`: sysfs has no better one.
  private static func name(_ card: String, _ driver: String) -> String {
    let vendor = word(card + "/device/vendor") ?? ""
    let model = word(card + "/device/device").map { String(decoding: $0.utf8.dropFirst(2), as: UTF8.self) } ?? driver
    if vendor.isSame(as: "0x1002") { return "AMD GPU \(model)" }
    if vendor.isSame(as: "0x8086") { return "Intel GPU \(model)" }
    return "\(driver) GPU \(model)"
  }

  private static func lastPart(_ path: String) -> String {
    String(decoding: path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...], as: UTF8.self)
  }

  private static func word(_ path: String) -> String? {
    guard let bytes = try? FileSystem.contents(of: path) else { return nil }
    let line = bytes.prefix { $0 != 10 && $0 != 0 }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  // MARK: a reading

  /// One reading for each device. `seldom`: also what is worth a look once a second.
  mutating func read(_ pids: [Int32], at now: UInt64, seldom: Bool) -> [GPUReading] {
    var readings: [GPUReading] = []
    for index in probes.indices {
      probes[index].read(into: &samples[index], seldom: seldom)
      var reading = GPUReading()
      reading.sample = samples[index]
      reading.time = now
      reading.processes = []
      readings.append(reading)
    }
    // A client that several processes hold counts for the one that has the lowest number: it made the others, mostly.
    var seen: [(device: Int, id: Int64)] = []
    for pid in pids.sorted() { read(pid, at: now, &readings, &seen) }
    known = known.filter { entry in pids.contains(entry.key) }
    isFirst = false
    return readings
  }

  private mutating func read(
    _ pid: Int32, at now: UInt64, _ readings: inout [GPUReading], _ seen: inout [(device: Int, id: Int64)]
  ) {
    var process = known[pid] ?? Process()
    if process.lookedAt == 0 || now >= process.lookedAt + 1_000_000_000 {
      process.lookedAt = now
      process.descriptors = descriptors(of: pid)
    }
    var uses: [Int: GPUProcess] = [:]
    for descriptor in process.descriptors {
      guard let client = client("\(proc)/\(pid)/fdinfo/\(descriptor)"), let device = device(of: client) else {
        continue
      }
      if let id = client.id {
        if seen.contains(where: { $0.device == device && $0.id == id }) { continue }
        seen.append((device, id))
        count(client, id, on: device, of: &process, at: now)
      }
      var use = uses[device] ?? GPUProcess(pid: pid)
      use.sample[.memory] = Self.sum(use.sample[.memory], client.deviceBytes)
      use.sample[.machineMemory] = Self.sum(use.sample[.machineMemory], client.machineBytes)
      use.sample[.engineTime] = process.engines[device]
      uses[device] = use
    }
    for (device, use) in uses { readings[device].processes!.append(use) }
    known[pid] = process
  }

  /// Adds what a client's engines did since it was last read. What was there before the recording is none of it.
  private func count(_ client: DRMClient, _ id: Int64, on device: Int, of process: inout Process, at now: UInt64) {
    guard client.engineNanoseconds != nil || client.engineCycles != nil else { return }
    let time = client.engineNanoseconds ?? 0
    var entry = Client(
      device: device, id: id, engineNanoseconds: time, cycles: client.engineCycles ?? 0,
      totalCycles: client.totalCycles ?? 0, time: now)
    guard let index = process.clients.firstIndex(where: { $0.device == device && $0.id == id }) else {
      process.clients.append(entry)
      process.engines[device] = added(process.engines[device] ?? 0, isFirst ? 0 : time)
      return
    }
    let before = process.clients[index]
    var used = max(0, time &- before.engineNanoseconds)
    let passed = entry.totalCycles &- before.totalCycles
    if passed > 0, entry.cycles > before.cycles, now > before.time {
      used = Int64(Double(entry.cycles &- before.cycles) / Double(passed) * Double(now - before.time))
    }
    process.engines[device] = added(process.engines[device] ?? 0, used)
    // A driver may say less for a while, until it has caught up.
    entry.engineNanoseconds = max(time, before.engineNanoseconds)
    entry.cycles = max(entry.cycles, before.cycles)
    process.clients[index] = entry
  }

  private func descriptors(of pid: Int32) -> [String] {
    let folder = "\(proc)/\(pid)/fd"
    guard let entries = try? FileSystem.entries(of: folder) else { return [] }
    return entries.filter { entry in
      (try? FileSystem.link(folder + "/" + entry))?.utf8.starts(with: "/dev/dri/".utf8) ?? false
    }
  }

  private func client(_ path: String) -> DRMClient? {
    guard let bytes = try? FileSystem.contents(of: path) else { return nil }
    return unsafe bytes.withUnsafeBytes { unsafe DRMClient(FieldScanner($0)) }
  }

  private func device(of client: DRMClient) -> Int? {
    devices.firstIndex { device in
      guard let pci = device.pci, let place = client.pci else {
        return device.driver?.isSame(as: client.driver) ?? false
      }
      return pci.isSame(as: place)
    }
  }

  private static func sum(_ left: Int64?, _ right: Int64?) -> Int64? {
    guard let left, let right else { return left ?? right }
    return added(left, right)
  }
}
