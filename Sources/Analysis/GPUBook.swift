internal import StripModel
internal import StripReader
internal import StripRecording

/// The books of the GPUs. Apart from the ``Ledger``, because their readings have moments of their own, between two ticks.
struct GPUBook: Sendable {
  private(set) var devices: [Device] = []
  private var holdings: [Holding] = []
  private var deviceTracks: [Int: Int] = [:]
  private var holdingTracks: [Int: Int] = [:]
  private var targets: [Int: Target] = [:]
  /// When the GPUs were read for the last time; `nil`: the recorder was killed.
  private(set) var lastRead: UInt64?
  private var start: UInt64 = 0

  private enum Target {
    case device(Int, GPUMetric)
    case holding(Int, GPUProcessMetric)
  }

  /// A level and since when it holds.
  struct Level: Sendable {
    var value: Int64
    var since: UInt64
  }

  struct Device: Sendable {
    var usage = GPUUsage()
    var current: [GPUMetric: Level] = [:]
    var first: [GPUMetric: Int64] = [:]
    /// Thousandths of a second-thousandth would do; these are value times nanoseconds, and nanoseconds.
    var areas: [GPUMetric: (area: Double, covered: Double)] = [:]
    var slowedByHeat = 0.0
    var slowedByPower = 0.0
    var reasonsCovered = 0.0
    var ownMemory: Level?
    var knowsProcesses = false
    var isLost: Bool { usage.lossReason != nil }
    /// Where energy is counted, power is what it grows by.
    var countsEnergy = false
  }

  private struct Holding: Sendable {
    let device: Int
    var usage = GPUProcessUsage()
    var current: [GPUProcessMetric: Level] = [:]
    var busyArea = 0.0
    var busyCovered = 0.0
    var firstEngine: Int64?
    /// The process has ended: what it held last stays said.
    var hasEnded = false
  }

  // MARK: what the recording says

  mutating func begin(at time: UInt64) { start = time }

  mutating func describe(_ track: Track) {
    guard case .counter(true, _) = track.kind, let parent = track.parent else { return }
    if let device = deviceTracks[parent], let metric = Self.metric(track.name, GPUMetric.self) {
      targets[track.index] = .device(device, metric)
    } else if let holding = holdingTracks[parent], let metric = Self.metric(track.name, GPUProcessMetric.self) {
      targets[track.index] = .holding(holding, metric)
    }
  }

  /// `false`: not of a GPU.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    if targets.isEmpty { return false }
    switch targets[track] {
    case nil: return false
    case .device(let device, let metric): count(metric, of: device, value, at: time)
    case .holding(let holding, let metric): count(metric, ofHolding: holding, value, at: time)
    }
    return true
  }

  /// `false`: not about GPUs.
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ note: Note) -> Bool {
    switch name {
    case "gpu": describe(note, on: track)
    case "gpu process":
      let index = Int(note.integer("gpu") ?? -1)
      let partition = note.integer("partition").map { Int($0) }
      guard let device = devices.firstIndex(where: { $0.usage.index == index && $0.usage.partition == partition })
      else { return true }
      var holding = Holding(device: device)
      holding.usage.pid = note.integer("pid").map { Int32(truncatingIfNeeded: $0) } ?? 0
      holdingTracks[track] = holdings.count
      holdings.append(holding)
    case "gpu process ended":
      if let holding = holdingTracks[track] {
        holdings[holding].usage.lastMemoryBytes = holdings[holding].current[.memory]?.value
        holdings[holding].hasEnded = true
      }
    case "gpu processes known": deviceTracks[track].map { devices[$0].knowsProcesses = true }
    case "gpu processes unknown":
      if let device = deviceTracks[track] { devices[device].knowsProcesses = false }
    case "gpu visible": visible(note, on: track)
    case "gpu lost": lost(note, on: track, at: time)
    case "gpus": lastRead = note.integer("last_read_ns").map { UInt64(bitPattern: $0) }
    default: return false
    }
    return true
  }

  private mutating func describe(_ note: Note, on track: Int) {
    var device = Device()
    device.usage.index = Int(note.integer("gpu") ?? 0)
    device.usage.partition = note.integer("partition").map { Int($0) }
    device.usage.name = note.text("name") ?? ""
    device.usage.driver = note.text("driver")
    device.usage.uuid = note.text("uuid")
    device.usage.pci = note.text("pci")
    device.usage.memoryBytes = note.integer("memory_bytes")
    device.usage.powerLimitWatts = note.integer("power_limit_milliwatts").map { Double($0) / 1000 }
    device.usage.curves = GPUUsage.Curves(start: start)
    deviceTracks[track] = devices.count
    devices.append(device)
  }

  /// The first process that was told counts: those it starts inherit it.
  private mutating func visible(_ note: Note, on track: Int) {
    guard let device = deviceTracks[track], note.flag("is_told"), devices[device].usage.visibility == .notTold else {
      return
    }
    devices[device].usage.visibility = note.integer("ordinal").map { .visible(ordinal: Int($0)) } ?? .hidden
  }

  private mutating func lost(_ note: Note, on track: Int, at time: UInt64) {
    guard let device = deviceTracks[track] else { return }
    close(device, at: time)
    for holding in holdings.indices where holdings[holding].device == device { closeHolding(holding, at: time) }
    devices[device].usage.lostAtSeconds = seconds(time)
    devices[device].usage.lossReason = note.text("reason") ?? "lost"
  }

  // MARK: readings

  private mutating func count(_ metric: GPUMetric, of index: Int, _ value: Int64, at time: UInt64) {
    guard !devices[index].isLost else { return }
    if metric == .energy { devices[index].countsEnergy = true }
    if let before = devices[index].current[metric] {
      held(metric, before, until: time, of: index, next: value)
      // A counter that went down was reset: what was counted before stays.
      if metric.metric.isCumulative, value < before.value, let first = devices[index].first[metric] {
        devices[index].first[metric] = first &- before.value &+ value
      }
    } else {
      devices[index].first[metric] = value
      if devices[index].usage.firstReadSeconds == nil { devices[index].usage.firstReadSeconds = seconds(time) }
      if metric == .memory { devices[index].usage.firstMemoryBytes = value }
    }
    devices[index].current[metric] = Level(value: value, since: time)
    peak(metric, of: index, value, at: time)
  }

  /// Draws a level from its begin to `time`, and of a counter what it grew by.
  private mutating func held(_ metric: GPUMetric, _ level: Level, until time: UInt64, of index: Int, next: Int64?) {
    let time = max(time, level.since)
    let nanoseconds = Double(time - level.since)
    let value = Double(level.value)
    switch metric {
    case .busyShare: devices[index].usage.curves.busy.add(value / 1000, from: level.since, to: time)
    case .memory: devices[index].usage.curves.memory.add(value, from: level.since, to: time)
    case .power where !devices[index].countsEnergy:
      devices[index].usage.curves.power.add(value / 1000, from: level.since, to: time)
    case .energy:
      if let next, next >= level.value, nanoseconds > 0 {
        // mJ over ns.
        let watts = Double(next &- level.value) * 1e6 / nanoseconds
        devices[index].usage.curves.power.add(watts, from: level.since, to: time)
      }
    case .clockReasons:
      let reasons = ClockReasons(rawValue: level.value)
      devices[index].reasonsCovered += nanoseconds
      if !reasons.isDisjoint(with: .heat) { devices[index].slowedByHeat += nanoseconds }
      if !reasons.isDisjoint(with: .power) { devices[index].slowedByPower += nanoseconds }
    default: break
    }
    guard !metric.metric.isCumulative else { return }
    var area = devices[index].areas[metric] ?? (0, 0)
    area.area += value * nanoseconds
    area.covered += nanoseconds
    devices[index].areas[metric] = area
  }

  private mutating func peak(_ metric: GPUMetric, of index: Int, _ value: Int64, at time: UInt64) {
    switch metric {
    case .memory where value > devices[index].usage.peakMemoryBytes ?? -1:
      devices[index].usage.peakMemoryBytes = value
      devices[index].usage.peakMemoryAtSeconds = seconds(time)
    case .busyShare:
      devices[index].usage.busyPeak = max(devices[index].usage.busyPeak ?? 0, Double(value) / 1000)
    case .power:
      devices[index].usage.peakPowerWatts = max(devices[index].usage.peakPowerWatts ?? 0, Double(value) / 1000)
    case .temperature:
      devices[index].usage.peakTemperatureCelsius = max(devices[index].usage.peakTemperatureCelsius ?? .min, value)
    case .machineMemory:
      devices[index].usage.peakMachineMemoryBytes = max(devices[index].usage.peakMachineMemoryBytes ?? 0, value)
    default: break
    }
  }

  private mutating func count(_ metric: GPUProcessMetric, ofHolding index: Int, _ value: Int64, at time: UInt64) {
    guard !devices[holdings[index].device].isLost else { return }
    if let before = holdings[index].current[metric] { held(metric, before, until: time, ofHolding: index) }
    holdings[index].current[metric] = Level(value: value, since: time)
    switch metric {
    case .memory:
      holdings[index].usage.peakMemoryBytes = max(holdings[index].usage.peakMemoryBytes ?? 0, value)
      ownMemory(of: holdings[index].device, at: time)
    case .machineMemory:
      holdings[index].usage.peakMachineMemoryBytes = max(holdings[index].usage.peakMachineMemoryBytes ?? 0, value)
    case .engineTime: if holdings[index].firstEngine == nil { holdings[index].firstEngine = value }
    case .busyShare: break
    }
  }

  private mutating func held(_ metric: GPUProcessMetric, _ level: Level, until time: UInt64, ofHolding index: Int) {
    // Off the GPU it is not idle on it.
    guard metric == .busyShare, time > level.since, holdings[index].current[.memory]?.value ?? 1 > 0 else { return }
    holdings[index].busyArea += Double(level.value) * Double(time - level.since)
    holdings[index].busyCovered += Double(time - level.since)
  }

  private mutating func ownMemory(of device: Int, at time: UInt64) {
    if let before = devices[device].ownMemory, time > before.since {
      devices[device].usage.curves.ownMemory.add(Double(before.value), from: before.since, to: time)
    }
    let sum = ownMemoryBytes(of: device) ?? 0
    devices[device].ownMemory = Level(value: sum, since: time)
    // All processes of one reading have the same time: the sum is right when the last of them is in.
    devices[device].usage.peakOwnMemoryBytes = max(devices[device].usage.peakOwnMemoryBytes ?? 0, sum)
  }

  // MARK: what it says now

  /// Bytes of the recorded processes on a GPU now; `nil`: not known.
  func ownMemoryBytes(of device: Int) -> Int64? {
    guard devices[device].knowsProcesses else { return nil }
    return holdings.reduce(0) { sum, holding in
      holding.device == device ? sum &+ (holding.current[.memory]?.value ?? 0) : sum
    }
  }

  func level(_ metric: GPUMetric, of device: Int) -> Int64? {
    devices[device].isLost ? nil : devices[device].current[metric]?.value
  }

  // MARK: the end

  /// `end`: of the recording.
  mutating func finished(at end: UInt64) -> [GPUUsage] {
    // What was read last holds until then, and not while a driver was silent.
    let end = min(lastRead ?? end, end)
    for device in devices.indices where !devices[device].isLost { close(device, at: end) }
    for holding in holdings.indices where !devices[holdings[holding].device].isLost { closeHolding(holding, at: end) }
    return devices.indices.filter { devices[$0].usage.lostAtSeconds ?? 0 >= 0 }.map { usage($0) }
  }

  private mutating func close(_ index: Int, at time: UInt64) {
    for (metric, level) in devices[index].current { held(metric, level, until: time, of: index, next: nil) }
    if let own = devices[index].ownMemory, time > own.since {
      devices[index].usage.curves.ownMemory.add(Double(own.value), from: own.since, to: time)
    }
  }

  private mutating func closeHolding(_ index: Int, at time: UInt64) {
    if let level = holdings[index].current[.busyShare] { held(.busyShare, level, until: time, ofHolding: index) }
  }

  private func usage(_ index: Int) -> GPUUsage {
    let device = devices[index]
    var usage = device.usage
    func mean(_ metric: GPUMetric, _ scale: Double) -> Double? {
      device.areas[metric].flatMap { $0.covered > 0 ? $0.area / $0.covered / scale : nil }
    }
    func grown(_ metric: GPUMetric) -> Int64? {
      guard let first = device.first[metric], let now = device.current[metric]?.value else { return nil }
      return now &- first
    }
    func share(_ nanoseconds: Double) -> Double? {
      device.reasonsCovered > 0 ? nanoseconds / device.reasonsCovered : nil
    }
    usage.busyMean = mean(.busyShare, 1000)
    usage.memoryBusyMean = mean(.memoryBusyShare, 1000)
    usage.lastMemoryBytes = device.current[.memory]?.value
    usage.meanPowerWatts = mean(.power, 1000)
    usage.energyJoules =
      grown(.energy).map { Double($0) / 1000 } ?? device.areas[.power].map { $0.area / 1000 / 1e9 }
    usage.meanClockHertz = mean(.clock, 1)
    usage.slowedByHeatShare = share(device.slowedByHeat)
    usage.slowedByPowerShare = share(device.slowedByPower)
    usage.pcieReceivedBytes = grown(.pcieReceived)
    usage.pcieSentBytes = grown(.pcieSent)
    usage.nvlinkReceivedBytes = grown(.nvlinkReceived)
    usage.nvlinkSentBytes = grown(.nvlinkSent)
    if !device.knowsProcesses {
      usage.peakOwnMemoryBytes = nil
    } else {
      usage.peakOwnMemoryBytes = usage.peakOwnMemoryBytes ?? 0
    }
    usage.processes = holdings.filter { $0.device == index }.map { holding in
      var process = holding.usage
      if !holding.hasEnded { process.lastMemoryBytes = holding.current[.memory]?.value }
      process.busyMean = holding.busyCovered > 0 ? holding.busyArea / holding.busyCovered / 1000 : nil
      if let first = holding.firstEngine, let now = holding.current[.engineTime]?.value {
        process.engineSeconds = Double(now &- first) / 1e9
      }
      return process
    }
    return usage
  }

  private func seconds(_ time: UInt64) -> Double { Double(Int64(bitPattern: time &- start)) / 1e9 }

  private static func metric<Metric: MetricCatalogue>(_ name: String, _: Metric.Type) -> Metric? {
    Metric.allCases.first { "\($0.metric.name)" == name }
  }
}
