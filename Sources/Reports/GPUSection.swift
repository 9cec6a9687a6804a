internal import StripAnalysis

/// What the GPUs did: those that the recorded processes use each with curves and figures, the others in one line.
struct GPUSection {
  private let summary: RecordingSummary
  private let shown: [GPUUsage]
  private let others: [GPUUsage]
  private static let limit = 8

  init(_ summary: RecordingSummary) {
    self.summary = summary
    let used = summary.gpus.filter(\.isUsed)
    // Where none is used, or nobody can say so, all are worth a look.
    shown = Array((used.isEmpty ? summary.gpus : used).prefix(Self.limit))
    let labels = Set(shown.map(\.label))
    others = summary.gpus.filter { !labels.contains($0.label) && $0.partition == nil }
  }

  /// Of those that are shown one by one.
  var labels: Set<String> { Set(shown.map(\.label)) }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    guard !summary.gpus.isEmpty else { return [] }
    var lines: [String] = []
    for gpu in shown {
      lines.append(style.bold(GPUText.title(gpu)))
      lines += curves(gpu, width, style)
      lines += ShownText.wrapped(GPUText.figures(gpu).joined(separator: " · "), to: width - 8).map {
        String(repeating: " ", count: 8) + $0
      }
    }
    if let line = GPUText.others(others) { lines += ShownText.wrapped(line, to: width).map(style.dim) }
    return lines
  }

  private func curves(_ gpu: GPUUsage, _ width: Int, _ style: TerminalStyle) -> [String] {
    let rows: [(name: String, curve: Curve, top: Double?, show: (Double?) -> String)] = [
      ("busy", gpu.curves.busy, 1, { Figure.percent($0) }),
      (
        "memory", gpu.curves.memory, gpu.memoryBytes.map(Double.init),
        { $0.map { Figure.bytes($0) } ?? Figure.missing }
      ),
      ("power", gpu.curves.power, gpu.powerLimitWatts, { $0.map(GPUText.watts) ?? Figure.missing }),
    ].filter { $0.curve.peak != nil }
    let peaks = rows.map { $0.show($0.curve.peak) }
    let means = rows.map { $0.show($0.curve.mean) }
    let peakWidth = peaks.reduce(0) { max($0, ShownText.width($1)) }
    let meanWidth = means.reduce(0) { max($0, ShownText.width($1)) }
    let room = width - 8 - " peak  mean ".count - peakWidth - meanWidth - 1
    return rows.indices.map { index in
      let spark = Sparkline(rows[index].curve, end: summary.run.end, width: room, top: rows[index].top).text
      return style.dim(ShownText.padded(" " + rows[index].name, to: 8)) + style.curve(spark) + style.dim("  peak ")
        + ShownText.padded(peaks[index], to: peakWidth, right: true) + style.dim(" mean ")
        + ShownText.padded(means[index], to: meanWidth, right: true)
    }
  }
}

/// GPUs in words, for terminal and Markdown.
enum GPUText {
  /// `GPU 0 NVIDIA H100 80GB HBM3 (cuda:0)`
  static func title(_ gpu: GPUUsage) -> String {
    var title = "GPU \(gpu.label) \(ShownText.escaped(gpu.name))"
    switch gpu.visibility {
    case .visible(let ordinal): title += " (cuda:\(ordinal))"
    case .hidden: title += " (hidden by CUDA_VISIBLE_DEVICES)"
    case .notTold: break
    }
    return title
  }

  static func figures(_ gpu: GPUUsage) -> [String] {
    var figures: [String] = []
    if let idle = gpu.idleShare { figures.append("idle \(Figure.percent(idle)) of the time") }
    figures.append(memory(gpu))
    if let energy = gpu.energyJoules { figures.append(joules(energy)) }
    if let hottest = gpu.peakTemperatureCelsius { figures.append("at most \(hottest) °C") }
    if let share = gpu.slowedByHeatShare, share > 0 {
      figures.append("slowed by heat \(Figure.percent(share)) of the time")
    }
    if let share = gpu.slowedByPowerShare, share > 0 {
      figures.append("at its power limit \(Figure.percent(share)) of the time")
    }
    figures += [
      traffic("PCIe", gpu.pcieReceivedBytes, gpu.pcieSentBytes),
      traffic("NVLink", gpu.nvlinkReceivedBytes, gpu.nvlinkSentBytes),
    ].compactMap { $0 }
    figures += processes(gpu)
    if let lost = gpu.lostAtSeconds {
      figures.append("lost at \(Figure.duration(lost)): \(ShownText.escaped(gpu.lossReason ?? ""))")
    }
    return figures
  }

  static func memory(_ gpu: GPUUsage) -> String {
    guard let peak = gpu.peakMemoryBytes else { return "memory not known" }
    var text = "memory at most \(Figure.bytes(peak))"
    if let all = gpu.memoryBytes { text += " of \(Figure.bytes(all))" }
    if let own = gpu.peakOwnMemoryBytes {
      text += own > 0 ? ", \(Figure.bytes(own)) by the recorded processes" : ", none by the recorded processes"
    }
    return text
  }

  private static func processes(_ gpu: GPUUsage) -> [String] {
    let sorted = gpu.processes.sorted { $0.peakMemoryBytes ?? 0 > $1.peakMemoryBytes ?? 0 }
    return sorted.prefix(4).map { process in
      var text = "PID \(process.pid) \(Figure.bytes(process.peakMemoryBytes))"
      if let busy = process.busyMean { text += ", busy \(Figure.percent(busy))" }
      if let engine = process.engineSeconds { text += ", engines \(Figure.duration(engine))" }
      return text
    } + (sorted.count > 4 ? ["and \(sorted.count - 4) more processes"] : [])
  }

  private static func traffic(_ name: String, _ received: Int64?, _ sent: Int64?) -> String? {
    guard let received, let sent, received != 0 || sent != 0 else { return nil }
    return "\(name) \(Figure.bytes(received)) in, \(Figure.bytes(sent)) out"
  }

  static func others(_ gpus: [GPUUsage]) -> String? {
    guard !gpus.isEmpty else { return nil }
    let labels = gpus.prefix(16).map(\.label).joined(separator: ", ")
    let busy = gpus.compactMap(\.busyMean).max().map { ", at most \(Figure.percent($0)) busy" } ?? ""
    return gpus.count == 1
      ? "GPU \(labels) was not used by what was recorded\(busy)."
      : "GPUs \(labels) were not used by what was recorded\(busy)."
  }

  static func watts(_ value: Double) -> String { "\(Figure.threeDigits(value)) W" }

  static func joules(_ value: Double) -> String {
    value >= 3.6e6
      ? "\(Figure.threeDigits(value / 3.6e6)) kWh"
      : value >= 999.5 ? "\(Figure.threeDigits(value / 1000)) kJ" : "\(Figure.threeDigits(value)) J"
  }

  /// What a GPU did while spans ran: `busy 40 %, at most 90 %, idle 60 %; Δ +1 GiB; 12 J`.
  static func inside(_ gpu: GPUInside) -> String {
    var parts: [String] = []
    if let busy = gpu.busy {
      parts.append("busy \(Figure.percent(busy.mean)), at most \(Figure.percent(busy.peak))")
      if let idle = gpu.idleShare { parts.append("idle \(Figure.percent(idle))") }
    }
    if let memory = gpu.memory { parts.append("memory at most \(Figure.bytes(memory.peak))") }
    if let growth = gpu.memoryGrowthBytes { parts.append("Δ ~\(Figure.growth(Int64(growth)))") }
    if let energy = gpu.energyJoules { parts.append("~\(joules(energy))") }
    return parts.joined(separator: ", ")
  }
}
