internal import StripReader
internal import StripRecording

/// Gathers spans as columns, one row each. Memory: some 30 bytes a span, and 8 for each figure that differs between
/// spans that stand near each other.
struct SpanColumns {
  private struct Frame {
    let row: Int
    let path: Int32
    /// The place of the thread's latest reading when it began.
    let reading: Int32
    var arguments: [Annotation] = []
  }

  private var overlaps: OverlapIndex
  private var open: [[Frame]] = []
  private var readings = SpanReadings()
  private var paths = SpanPaths()
  private var names: [String] = []
  private var exceptionTypes = Categories()
  private var argumentTexts = Categories()
  private var path = GatheredColumn<Int32>()
  private var parent = GatheredColumn<Int64>()
  private var track = GatheredColumn<Int32>()
  private var begin = GatheredColumn<Int64>()
  private var duration = GatheredColumn<Int64>()
  private var isResumed = GatheredColumn<UInt8>()
  private var isLeftOpen = GatheredColumn<UInt8>()
  private var exception = GatheredColumn<Int32>()
  private var arguments = GatheredColumn<Int32>()

  init(_ overlaps: OverlapIndex = OverlapIndex()) { self.overlaps = overlaps }

  // MARK: what the recording says

  mutating func describe(_ track: Track, _ known: KnownTracks) { readings.describe(track, known) }

  mutating func setBound(_ nanoseconds: UInt64, ofProcess process: Int) {
    readings.setBound(nanoseconds, ofProcess: process)
  }

  mutating func name(_ number: Int, _ text: String) { names.append(text) }

  /// `false`: not one of a thread's readings.
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    let open = open
    return readings.count(track, value, at: time) { $0 < open.count ? open[$0].last?.reading ?? -1 : -1 }
  }

  mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail? = nil) {
    while open.count <= track { open.append([]) }
    let outer = open[track].last
    var frame = Frame(
      row: path.count, path: paths.child(of: outer?.path ?? 0, named: name), reading: readings.latest(on: track))
    if let detail { frame.arguments = detail.arguments }
    open[track].append(frame)
    path.append(frame.path)
    parent.append(outer.map { Int64($0.row) } ?? -1)
    self.track.append(Int32(truncatingIfNeeded: track))
    begin.append(Int64(bitPattern: time))
    duration.append(GatheredColumn<Int64>.missing)
    isResumed.append(detail?.isResumed == true ? 1 : 0 as UInt8)
    isLeftOpen.append(0 as UInt8)
    exception.append(Categories.missing)
    arguments.append(Categories.missing)
    readings.append(on: track, from: frame.reading)
  }

  mutating func end(
    _ track: Int, at time: UInt64, of process: Int?, isTask: Bool = false, _ detail: SpanDetail? = nil
  ) {
    // Its begin may lie in a part of the file that is missing.
    guard track < open.count, var frame = open[track].popLast() else { return }
    let row = frame.row
    duration[row] = max(0, Int64(bitPattern: time) &- begin[row])
    if let detail {
      if detail.isLeftOpen { isLeftOpen[row] = 1 }
      if let type = detail.exception { exception[row] = exceptionTypes.number(of: type) }
      frame.arguments += detail.arguments
    }
    if !frame.arguments.isEmpty { arguments[row] = argumentTexts.number(of: frame.arguments.json) }
    let shares = overlaps.shares(of: frame.path, isTask: isTask) { paths.names(of: frame.path, names) }
    readings.end(
      row, on: track, of: process, from: frame.reading, begin: UInt64(bitPattern: begin[row]), end: time, shares)
  }

  /// What is still open has the arguments that it began with, and no figures. Call once, after the last event.
  mutating func finish() {
    for frame in open.joined() {
      readings.leaveOpen(frame.row)
      if !frame.arguments.isEmpty { arguments[frame.row] = argumentTexts.number(of: frame.arguments.json) }
    }
    open = []
  }

  // MARK: the table

  func table(since start: UInt64, _ known: KnownTracks) -> ColumnTable {
    let order = RowOrder(of: begin)
    return ColumnTable(
      name: "spans", rows: path.count,
      columns: pathColumns(order) + trackColumns(known, order) + timeColumns(Int64(bitPattern: start), order)
        + readings.columns(order) + wayColumns(order))
  }

  private func pathColumns(_ order: RowOrder) -> [Column] {
    let (path, parent) = (path, parent)
    let texts = PathTexts(paths, names)
    func column(_ name: String, _ unit: String, _ values: [Int32], _ categories: [String]? = nil) -> Column {
      Column(
        name: name, unit: unit, values: .narrow { values[Int(path[order[$0]])] },
        isConstant: path.constant != nil, categories: categories)
    }
    return [
      column("name", "", texts.name, texts.names.texts),
      column("path", "", texts.path, texts.paths.texts),
      column("depth", "count", texts.depth),
      Column(
        name: "parent", unit: "row", values: .wide { order.place(of: parent[order[$0]]) },
        isConstant: parent.constant == -1),
    ]
  }

  private func trackColumns(_ known: KnownTracks, _ order: RowOrder) -> [Column] {
    let track = track
    let isTask = known.all.map { $0.isTask ? 1 : 0 as UInt8 }
    return known.columns({ Int(track[order[$0]]) }, isConstant: track.constant != nil) + [
      Column(
        name: "task", unit: "",
        values: .byte { row in
          let track = Int(track[order[row]])
          return track < isTask.count ? isTask[track] : 0
        }, isConstant: track.constant != nil || !isTask.contains(1))
    ]
  }

  private func timeColumns(_ start: Int64, _ order: RowOrder) -> [Column] {
    let (begin, duration) = (begin, duration)
    return [
      Column("start_s", "s", begin, dividedBy: 1e9, from: start, order: order),
      Column(
        name: "end_s", unit: "s",
        values: .real { row in
          let row = order[row]
          let length = duration[row]
          return length == GatheredColumn<Int64>.missing ? .nan : Double(begin[row] &+ length &- start) / 1e9
        }),
      Column("duration_s", "s", duration, dividedBy: 1e9, order: order),
    ]
  }

  /// How spans were entered and left.
  private func wayColumns(_ order: RowOrder) -> [Column] {
    func flag(_ name: String, _ gathered: GatheredColumn<UInt8>) -> Column {
      Column(
        name: name, unit: "", values: .byte { gathered[order[$0]] }, isConstant: gathered.constant != nil)
    }
    func text(_ name: String, _ gathered: GatheredColumn<Int32>, _ categories: Categories) -> Column {
      Column(
        name: name, unit: "", values: .narrow { gathered[order[$0]] }, isConstant: gathered.constant != nil,
        categories: categories.texts)
    }
    return [
      flag("resumed", isResumed), flag("left_open", isLeftOpen), text("exception", exception, exceptionTypes),
      text("arguments", arguments, argumentTexts),
    ]
  }
}

/// The different ways from an outermost span to one inside it, by names.
struct SpanPaths: Sendable {
  struct Node: Sendable {
    let name: Int
    let parent: Int32
  }

  private struct Key: Hashable {
    let parent: Int32
    let name: Int
  }

  /// `nodes[0]` is the root, which is no span.
  private(set) var nodes = [Node(name: -1, parent: -1)]
  private var places: [Key: Int32] = [:]
  /// Spans come again and again: the child that was met last, by node.
  private var latest: [(name: Int, node: Int32)] = [(-1, 0)]

  mutating func child(of parent: Int32, named name: Int) -> Int32 {
    if latest[Int(parent)].name == name { return latest[Int(parent)].node }
    let key = Key(parent: parent, name: name)
    let node = places[key] ?? Int32(truncatingIfNeeded: nodes.count)
    if Int(node) == nodes.count {
      nodes.append(Node(name: name, parent: parent))
      latest.append((-1, 0))
      places[key] = node
    }
    latest[Int(parent)] = (name, node)
    return node
  }
}

/// Name, path and depth of each node of ``SpanPaths``.
private struct PathTexts {
  private(set) var names = Categories()
  private(set) var paths = Categories()
  private(set) var name: [Int32] = [Categories.missing]
  private(set) var path: [Int32] = [Categories.missing]
  private(set) var depth: [Int32] = [-1]

  /// As in folded stacks.
  private static let separator = ";"

  init(_ tree: SpanPaths, _ texts: [String]) {
    for node in tree.nodes.dropFirst() {
      let text = node.name < texts.count ? texts[node.name] : "(unnamed)"
      let outer = Int(node.parent)
      name.append(names.number(of: text))
      path.append(
        paths.number(of: outer == 0 ? text : paths.texts[Int(path[outer])] + Self.separator + text))
      depth.append(depth[outer] + 1)
    }
  }
}
