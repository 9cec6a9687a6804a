internal import StripReader
internal import StripRecording

/// Gathers the sums of folded spans: one row for each name, parent and thread.
struct FoldColumns {
  private var names: [String] = []
  private var folds: [(sums: RecordedFold, durations: DurationHistogram)] = []

  mutating func name(_ number: Int, _ text: String) { names.append(text) }

  mutating func add(_ fold: RecordedFold) {
    var durations = DurationHistogram()
    durations.add(fold)
    folds.append((fold, durations))
  }

  func table(since start: UInt64, _ known: KnownTracks) -> ColumnTable {
    let folds = folds
    func text(_ name: String, _ number: @escaping (RecordedFold) -> Int?) -> Column {
      var categories = Categories()
      let values = folds.map { fold in
        number(fold.sums).map { categories.number(of: $0 < names.count ? names[$0] : "(unnamed)") }
          ?? Categories.missing
      }
      return Column(name: name, unit: "", values: .narrow { values[$0] }, categories: categories.texts)
    }
    func seconds(_ name: String, _ value: @escaping @Sendable (RecordedFold) -> UInt64) -> Column {
      Column(
        name: name, unit: "s",
        values: .real { folds[$0].sums.count == 0 ? .nan : Double(value(folds[$0].sums)) / 1e9 })
    }
    func quantile(_ name: String, _ quantile: Double) -> Column {
      Column(
        name: name, unit: "s",
        values: .real {
          folds[$0].durations.value(at: quantile).map { Double($0) / 1e9 } ?? .nan
        })
    }
    func whole(_ name: String, _ unit: String, _ value: @escaping @Sendable (RecordedFold) -> Int64) -> Column {
      Column(name: name, unit: unit, values: .wide { value(folds[$0].sums) })
    }
    return ColumnTable(
      name: "folded", rows: folds.count,
      columns: [text("name", \.name), text("parent", \.parent)] + known.columns { folds[$0].sums.thread } + [
        whole("count", "count") { Int64(clamping: $0.count) }, whole("open", "count") { Int64(clamping: $0.open) },
        Column(name: "total_s", unit: "s", values: .real { Double(folds[$0].sums.totalNanoseconds) / 1e9 }),
        seconds("min_s") { $0.leastNanoseconds }, quantile("p50_s", 0.5), quantile("p95_s", 0.95),
        quantile("p99_s", 0.99), seconds("max_s") { $0.greatestNanoseconds },
        Column(name: "cpu_s", unit: "s", values: .real { Double(folds[$0].sums.cpuNanoseconds) / 1e9 }),
        whole("rss_growth", "bytes") { $0.residentGrowthBytes },
        whole("storage_bytes", "bytes") { Int64(clamping: $0.storageBytes) },
        Column(
          name: "first_s", unit: "s",
          values: .real { Double(Int64(bitPattern: folds[$0].sums.firstFolded &- start)) / 1e9 }),
      ])
  }
}
