internal import StripReader
internal import StripRecording

/// What a track said at a moment, by a name: common to curves and marks.
private struct NamedMoments {
  private var names = Categories()
  private var name = GatheredColumn<Int32>()
  private var track = GatheredColumn<Int32>()
  private var time = GatheredColumn<Int64>()

  var count: Int { time.count }
  /// The order of time.
  var order: RowOrder { RowOrder(of: time) }

  mutating func append(_ name: String, on track: Int, at time: UInt64) {
    self.name.append(names.number(of: name))
    self.track.append(Int32(truncatingIfNeeded: track))
    self.time.append(Int64(bitPattern: time))
  }

  func columns(since start: UInt64, _ order: RowOrder) -> [Column] {
    let name = name
    return [
      Column(
        name: "name", unit: "", values: .narrow { name[order[$0]] }, isConstant: name.constant != nil,
        categories: names.texts),
      Column("time_s", "s", time, dividedBy: 1e9, from: Int64(bitPattern: start), order: order),
    ]
  }

  func trackColumns(_ known: KnownTracks, _ order: RowOrder) -> [Column] {
    let track = track
    return known.columns({ Int(track[order[$0]]) }, isConstant: track.constant != nil)
  }
}

/// Gathers the program's own curves: one row a value.
struct CurveColumns {
  private var moments = NamedMoments()
  /// The names of the curves by track.
  private var names: [Int: String] = [:]
  private var value = GatheredColumn<UInt64>()

  mutating func describe(_ track: Track) {
    if case .counter(false, _) = track.kind { names[track.index] = track.name }
  }

  mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    guard let name = names[track] else { return }
    moments.append(name, on: track, at: time)
    self.value.append(value.bitPattern)
  }

  func table(since start: UInt64, _ known: KnownTracks) -> ColumnTable {
    let order = moments.order
    let value = value
    return ColumnTable(
      name: "counters", rows: moments.count,
      columns: moments.columns(since: start, order) + [
        Column(name: "value", unit: "", values: .real { Double(bitPattern: value[order[$0]]) })
      ] + moments.trackColumns(known, order).filter { $0.name == "pid" })
  }
}

/// Gathers the moments that the program marked: one row each.
struct MarkColumns {
  private var moments = NamedMoments()
  private var argumentTexts = Categories()
  private var arguments = GatheredColumn<Int32>()

  mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {
    moments.append(text, on: track, at: time)
    self.arguments.append(arguments.isEmpty ? Categories.missing : argumentTexts.number(of: arguments.json))
  }

  func table(since start: UInt64, _ known: KnownTracks) -> ColumnTable {
    let order = moments.order
    let arguments = arguments
    return ColumnTable(
      name: "marks", rows: moments.count,
      columns: moments.columns(since: start, order) + moments.trackColumns(known, order) + [
        Column(
          name: "arguments", unit: "", values: .narrow { arguments[order[$0]] },
          isConstant: arguments.constant != nil, categories: argumentTexts.texts)
      ])
  }
}
