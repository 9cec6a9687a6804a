package import StripAnalysis
internal import StripModel

/// The strip chart on one page: curves with their units and limits over the spans that ran, as SVG. For a paper, a chat, an
/// issue; a PNG is made of the same drawing.
package struct StripPicture {
  private let summary: RecordingSummary
  private let timeline: Timeline
  private let lanes: [Timeline.Lane]
  private let hasSpans: Bool
  private let colors: PictureColor.OfSpans

  package static let width = 1000.0
  private static let gutter = 84.0
  private static let margin = 20.0
  private static let laneHeight = 84.0
  private static let laneGap = 30.0
  private static let rowHeight = 15.0
  private static let mostBands = 8
  private static let mostDepth = 6

  /// `select`: what is drawn, in this order: `memory` (or `rss`), `cpu`, `disk`, `network`, `pressure`, `gpu`, `spans`, or the name of a
  /// curve of the program's own; empty: all but network and pressure.
  package init(_ summary: RecordingSummary, _ timeline: Timeline, select: [String] = []) {
    self.summary = summary
    self.timeline = timeline
    colors = PictureColor.OfSpans(timeline.paths.dropFirst().map(\.name))
    let drawn = timeline.lanes.filter { lane in lane.series.contains { !$0.strip.isEmpty } }
    if select.isEmpty {
      lanes = drawn.filter { Self.key($0.kind) != "network" && Self.key($0.kind) != "pressure" }
      hasSpans = true
    } else {
      lanes = select.flatMap { wanted in
        drawn.filter { Self.key($0.kind) == Self.canonical(wanted) }
      }
      hasSpans = select.contains("spans")
    }
  }

  /// What of `select` this recording does not have.
  package static func unknown(_ select: [String], in timeline: Timeline) -> [String] {
    let known = Set(timeline.lanes.map { key($0.kind) } + ["spans"])
    return select.filter { !known.contains(canonical($0)) }
  }

  package static func names(in timeline: Timeline) -> [String] {
    var names: [String] = []
    for lane in timeline.lanes where !names.contains(key(lane.kind)) { names.append(key(lane.kind)) }
    return names + ["spans"]
  }

  private static func canonical(_ name: String) -> String { name == "rss" ? "memory" : name }

  private static func key(_ kind: Timeline.Lane.Kind) -> String {
    switch kind {
    case .memory: "memory"
    case .cpu: "cpu"
    case .disk: "disk"
    case .network: "network"
    case .pressure: "pressure"
    case .gpu, .gpuMemory: "gpu"
    case .counter(let name, _): name
    }
  }

  // MARK: the drawing

  package struct Drawing {
    package let svg: String
    /// In whole pixels.
    package let height: Int
  }

  package var drawn: Drawing {
    var body = SVG()
    var y = drawHead(&body)
    for lane in lanes { y = draw(lane, at: y, &body) }
    if hasSpans { y = drawBands(at: y, &body) }
    y = drawFoot(at: drawTime(at: y, &body), &body)
    let height = SVG.number(y)
    let svg = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(SVG.number(Self.width))" height="\(height)" \
      viewBox="0 0 \(SVG.number(Self.width)) \(height)" font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">
      <rect width="100%" height="100%" fill="\(PictureColor.background)"/>
      \(body.text)</svg>

      """
    return Drawing(svg: svg, height: Int(y.rounded(.up)))
  }

  private var plotWidth: Double { Self.width - Self.gutter - Self.margin }

  private func x(_ time: UInt64) -> Double {
    let all = Double(max(timeline.end, timeline.start + 1) - timeline.start)
    let inside = min(max(time, timeline.start), timeline.end) - timeline.start
    return Self.gutter + plotWidth * Double(inside) / all
  }

  private func drawHead(_ body: inout SVG) -> Double {
    let command = summary.run.command.joined(separator: " ")
    let title = command.isEmpty ? summary.run.mode : command
    body.label(
      ShownText.shortened(title, to: 110), Self.margin, 28, size: 15, fill: PictureColor.text,
      bold: true)
    var facts: [String] = []
    facts.append(Figure.duration(Double(timeline.end - timeline.start) / 1e9))
    if let cpu = summary.total.cpuSeconds { facts.append("\(Figure.duration(cpu)) CPU time") }
    if let peak = summary.total.peakResidentBytes {
      facts.append("peak memory \(Figure.bytes(peak))")
    }
    if let written = summary.total.usage[.writeBytes], written > 0 {
      facts.append("\(Figure.bytes(written)) written")
    }
    if let read = summary.total.usage[.readBytes], read > 0 {
      facts.append("\(Figure.bytes(read)) read")
    }
    body.label(
      facts.joined(separator: " · "), Self.margin, 46, size: 12, fill: PictureColor.faintText)
    return 82
  }

  private func drawFoot(at y: Double, _ body: inout SVG) -> Double {
    var facts: [String] = []
    if let cpu = summary.machine.cpuModel { facts.append(cpu) }
    if let count = summary.machine.logicalCPUs { facts.append("\(count) CPUs") }
    if let memory = summary.machine.memoryBytes { facts.append("\(Figure.bytes(memory)) memory") }
    facts.append("stripchart \(summary.run.version)")
    body.label(
      facts.joined(separator: " · "), Self.width - Self.margin, y + 14, size: 10,
      fill: PictureColor.faintText, anchor: .end)
    return y + 28
  }

  // MARK: curves

  private func draw(_ lane: Timeline.Lane, at y: Double, _ body: inout SVG) -> Double {
    let bottom = y + Self.laneHeight
    let highest = lane.series.compactMap(\.strip.peak).max() ?? 0
    let lowest =
      lane.series.flatMap {
        $0.strip.steps(merging: 8).compactMap { $0.least.isNaN ? nil : Double($0.least) }
      }.min() ?? 0
    // A limit far above the curve would flatten it.
    let limit = lane.limit.flatMap { $0 <= highest * 1.6 ? $0 : nil }
    let scale = PictureScale(upTo: max(highest, limit ?? 0), binary: Self.isBinary(lane.kind))
    let floor = lowest < 0 ? -PictureScale(upTo: -lowest).top : 0
    let title = ShownText.shortened(lane.title, to: 70)
    func height(_ value: Double) -> Double {
      bottom - Self.laneHeight * (value - floor) / (scale.top - floor)
    }

    for line in scale.lines {
      body.line(
        Self.gutter, height(line), Self.width - Self.margin, height(line), stroke: PictureColor.grid
      )
      body.label(
        Self.axis(line, lane.kind), Self.gutter - 6, height(line) + 3.5, size: 10,
        fill: PictureColor.faintText, anchor: .end)
    }
    let names = lane.series.filter { !$0.strip.isEmpty }
    body.label(
      title, Self.gutter, y - 8, size: 11.5, fill: PictureColor.text, bold: true)
    var legend = Self.gutter + 7.5 * Double(ShownText.width(title)) + 14
    for series in names.reversed() { draw(series, height, &body) }
    for series in names {
      let name = series.name.text
      if !name.isEmpty {
        body.rectangle(legend, y - 16, 9, 9, fill: PictureColor.of(series.name), radius: 2)
        body.label(name, legend + 13, y - 8, size: 10.5, fill: PictureColor.faintText)
        legend += 13 + 6.2 * Double(name.count) + 14
      }
    }
    if let limit {
      body.line(
        Self.gutter, height(limit), Self.width - Self.margin, height(limit),
        stroke: PictureColor.limit, dashes: "5 3")
      body.label(
        "\(lane.isLimitQuota ? "quota" : "limit") \(Self.axis(limit, lane.kind))", Self.width - Self.margin,
        height(limit) - 4,
        size: 10, fill: PictureColor.limit, anchor: .end)
    }
    let own = names.filter {
      $0.name != .machine && $0.name != .machineUsed && $0.name != .charged && $0.name != .gpuUsed
    }
    if let highest = own.max(by: { ($0.strip.peak ?? 0) < ($1.strip.peak ?? 0) }),
      let peak = highest.strip.peak
    {
      mark(peak, at: highest.strip.peakTime, lane.kind, height(peak), top: y, &body)
    }
    return bottom + Self.laneGap
  }

  private func mark(
    _ peak: Double, at time: UInt64, _ kind: Timeline.Lane.Kind, _ y: Double, top: Double,
    _ body: inout SVG
  ) {
    let x = x(time)
    body.circle(x, y, 3, fill: PictureColor.text)
    let isLate = x > Self.width - 140
    // Above the curve, but not on the line at the top.
    let isHigh = y - top < 9
    body.label(
      "peak \(Self.axis(peak, kind))", x + (isLate ? -6 : 6), isHigh ? y + 14 : y - 5, size: 10,
      fill: PictureColor.text, anchor: isLate ? .end : .start)
  }

  /// The range between least and greatest as an area, the mean as a line.
  private func draw(_ series: Timeline.Series, _ height: (Double) -> Double, _ body: inout SVG) {
    let merging = max(1, series.strip.count / 500)
    let steps = series.strip.steps(merging: merging, isHeld: series.isHeld)
    let n = SVG.number
    var line = ""
    var (over, under): (String, [String]) = ("", [])
    var start = 0
    var isOpen = false
    func place(_ bucket: Int) -> Double {
      Self.gutter + plotWidth * Double(bucket) / Double(series.strip.count)
    }
    func closeArea() {
      guard !under.isEmpty else { return }
      body.path(
        over + under.reversed().joined() + "Z", fill: PictureColor.of(series.name), opacity: 0.22)
      over = ""
      under = []
    }
    for step in steps {
      let (from, to) = (place(start), place(step.end))
      start = step.end
      guard !step.mean.isNaN else {
        isOpen = false
        closeArea()
        continue
      }
      let y = n(height(Double(step.mean)))
      line += isOpen ? "L\(n(from)) \(y)L\(n(to)) \(y)" : "M\(n(from)) \(y)L\(n(to)) \(y)"
      let (high, low) = (n(height(Double(step.greatest))), n(height(Double(step.least))))
      over += (over.isEmpty ? "M" : "L") + "\(n(from)) \(high)L\(n(to)) \(high)"
      under.append("L\(n(to)) \(low)L\(n(from)) \(low)")
      isOpen = true
    }
    closeArea()
    body.path(line, stroke: PictureColor.of(series.name))
  }

  private static func isBinary(_ kind: Timeline.Lane.Kind) -> Bool {
    switch kind {
    case .memory, .gpuMemory, .disk, .network: true
    case .cpu, .pressure, .gpu, .counter: false
    }
  }

  private static func axis(_ value: Double, _ kind: Timeline.Lane.Kind) -> String {
    switch kind {
    case .memory, .gpuMemory: value == 0 ? "0" : Figure.bytes(value)
    case .disk, .network: value == 0 ? "0" : Figure.bytes(value) + "/s"
    case .cpu: Figure.value(value) + (value == 1 ? " CPU" : " CPUs")
    case .pressure, .gpu: Figure.percent(value)
    case .counter: Figure.value(value)
    }
  }

  // MARK: spans

  private func drawBands(at y: Double, _ body: inout SVG) -> Double {
    var y = y
    let bands = timeline.bands
    var names = SpanNames()
    for index in bands.bands.indices.prefix(Self.mostBands) {
      let band = bands.bands[index]
      let blocks = bands.blocks.filter {
        $0.band == Int32(index) && $0.depth < Int32(Self.mostDepth)
      }
      let fillings = bands.fillings.filter { $0.band == index && $0.depth < Self.mostDepth }
      let depth =
        max(blocks.map { Int($0.depth) }.max() ?? -1, fillings.map(\.depth).max() ?? -1) + 1
      guard depth > 0 else { continue }
      let name = ShownText.shortened(band.name, to: 40) + (band.pid.map { " · PID \($0)" } ?? "")
      body.label(name, Self.gutter, y - 4, size: 10.5, fill: PictureColor.faintText)
      for filling in fillings { draw(filling, at: y, &names, &body) }
      for block in blocks { draw(block, at: y, &names, &body) }
      y += Double(depth) * Self.rowHeight + 24
    }
    let rest = max(0, bands.bands.count - Self.mostBands) + bands.hiddenBands
    if rest > 0 {
      body.label(
        "and \(rest) more threads and tasks", Self.gutter, y - 4, size: 10.5,
        fill: PictureColor.faintText)
      y += 14
    }
    return drawLegend(names, at: y, &body) - 8
  }

  /// Which names were drawn, and which of them some block was wide enough to hold.
  private struct SpanNames {
    var nanoseconds: [String: Double] = [:]
    var written: Set<String> = []

    mutating func drew(_ name: String, _ nanoseconds: Double) { self.nanoseconds[name, default: 0] += nanoseconds }

    /// Those that stand nowhere yet, what took most time first.
    var unwritten: [String] {
      nanoseconds.filter { !written.contains($0.key) && !$0.key.isEmpty }
        .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
  }

  /// Says which colour is which span, of those that had no room for their names.
  private func drawLegend(_ names: SpanNames, at y: Double, _ body: inout SVG) -> Double {
    let unwritten = names.unwritten
    guard !unwritten.isEmpty else { return y }
    var (x, y) = (Self.gutter, y - 6)
    for name in unwritten.prefix(Self.mostInLegend) {
      let shown = ShownText.shortened(name, to: 40)
      let width = 13 + Self.width(of: shown) + 14
      if x > Self.gutter, x + width > Self.width - Self.margin {
        x = Self.gutter
        y += 15
      }
      body.group(title: shown == name ? nil : name) {
        $0.rectangle(x, y - 8, 9, 9, fill: colors[name], radius: 2)
        $0.label(shown, x + 13, y, size: 10, fill: PictureColor.faintText)
      }
      x += width
    }
    if unwritten.count > Self.mostInLegend {
      let rest = "and \(unwritten.count - Self.mostInLegend) more"
      if x + Self.width(of: rest) > Self.width - Self.margin { (x, y) = (Self.gutter, y + 15) }
      body.label(rest, x, y, size: 10, fill: PictureColor.faintText)
    }
    return y + 22
  }

  private static let mostInLegend = 30
  /// So many letters of a longer name are enough to know it by.
  private static let enough = 12
  /// The width of an ordinary letter of size 10.
  private static let letter = 6.1
  private static func width(of text: String) -> Double { letter * Double(ShownText.width(text)) }

  private func name(_ path: Int32) -> String {
    timeline.paths.indices.contains(Int(path)) ? timeline.paths[Int(path)].name : ""
  }

  private func draw(_ block: SpanBands.Block, at y: Double, _ names: inout SpanNames, _ body: inout SVG) {
    let from = x(block.begin)
    let width = max(x(block.begin &+ block.nanoseconds) - from, 0.6)
    let name = name(block.path)
    let top = y + Double(block.depth) * Self.rowHeight
    let duration = Figure.duration(Double(block.nanoseconds) / 1e9)
    names.drew(name, Double(block.nanoseconds))
    body.group(title: "\(name): \(duration)") {
      $0.rectangle(from, top, width, Self.rowHeight - 1.5, fill: colors[name], radius: 2)
      // A few letters tell less than the colour does, which the legend explains.
      let room = Int((width - 8) / Self.letter)
      guard ShownText.width(name) <= room || room >= Self.enough else { return }
      names.written.insert(name)
      $0.label(ShownText.shortened(name, to: room), from + 4, top + 10.5, size: 10, fill: PictureColor.text)
    }
  }

  /// Spans too many to be drawn one by one: how much of each piece of time they took.
  private func draw(_ filling: SpanBands.Filling, at y: Double, _ names: inout SpanNames, _ body: inout SVG) {
    let pieces = 250
    let merging = max(1, filling.cells.count / pieces)
    let width = plotWidth / Double(filling.cells.count)
    let cell = Double(timeline.end - timeline.start) / Double(max(1, filling.cells.count))
    let bottom = y + Double(filling.depth + 1) * Self.rowHeight - 1.5
    for first in stride(from: 0, to: filling.cells.count, by: merging) {
      let part = filling.cells[first..<min(first + merging, filling.cells.count)]
      let time = part.reduce(0.0) { $0 + Double($1.nanoseconds) }
      guard time > 0, let lead = part.max(by: { $0.nanoseconds < $1.nanoseconds }) else { continue }
      let share = min(1, time / (cell * Double(part.count)))
      let height = max(1, (Self.rowHeight - 1.5) * share)
      let name = name(lead.path)
      names.drew(name, time)
      body.rectangle(
        Self.gutter + Double(first) * width, bottom - height, Double(part.count) * width, height,
        fill: colors[name], title: "\(name) and others: \(Figure.percent(share)) of the time")
    }
  }

  // MARK: time

  private func drawTime(at y: Double, _ body: inout SVG) -> Double {
    let seconds = Double(max(timeline.end, timeline.start + 1) - timeline.start) / 1e9
    let step = PictureScale.step(seconds / 8)
    body.line(Self.gutter, y, Self.width - Self.margin, y, stroke: PictureColor.faintText)
    var time = 0.0
    while time <= seconds * 1.0001 {
      let x = Self.gutter + plotWidth * time / seconds
      body.line(x, y, x, y + 4, stroke: PictureColor.faintText)
      body.label(
        Figure.duration(time), x, y + 16, size: 10, fill: PictureColor.faintText, anchor: .middle)
      time += step
    }
    return y + 22
  }
}
