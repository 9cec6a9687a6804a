/// The lines of functions whose lines were counted, as columns: one row for each line that ran.
enum LineColumns {
  private struct Row: Sendable {
    let function: FunctionUsage
    let line: LineUsage
  }

  static func table(_ functions: [FunctionUsage]) -> ColumnTable {
    // A function's texts are shared, not copied.
    let rows = functions.flatMap { function in function.lines.map { Row(function: function, line: $0) } }
    func text(_ name: String, _ text: (Row) -> String?) -> Column {
      var categories = Categories()
      let values = rows.map { text($0).map { categories.number(of: $0) } ?? Categories.missing }
      return Column(name: name, unit: "", values: .narrow { values[$0] }, categories: categories.texts)
    }
    func whole(_ name: String, _ unit: String, _ value: @escaping @Sendable (LineUsage) -> Int64) -> Column {
      Column(name: name, unit: unit, values: .wide { value(rows[$0].line) })
    }
    func real(_ name: String, _ value: @escaping @Sendable (LineUsage) -> Double) -> Column {
      Column(name: name, unit: "s", values: .real { value(rows[$0].line) })
    }
    return ColumnTable(
      name: "lines", rows: rows.count,
      columns: [
        text("file") { $0.function.file }, text("function") { $0.function.name },
        whole("line", "") { Int64($0.line) }, whole("hits", "count") { Int64(clamping: $0.hits) },
        real("self_s") { Double($0.selfNanoseconds) / 1e9 }, real("total_s") { Double($0.totalNanoseconds) / 1e9 },
        real("max_s") { Double($0.greatestNanoseconds) / 1e9 }, real("cpu_s") { Double($0.cpuNanoseconds) / 1e9 },
        whole("rss_growth", "bytes") { $0.residentGrowthBytes },
        whole("storage_bytes", "bytes") { Int64(clamping: $0.storageBytes) },
        whole("minor_faults", "count") { Int64(clamping: $0.minorFaults) },
        real("open_since_s") { $0.openSinceSeconds ?? .nan }, text("source") { $0.function.text(of: $0.line.line) },
      ])
  }
}
