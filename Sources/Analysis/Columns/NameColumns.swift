/// The spans by name, as columns: one row a name and place.
enum NameColumns {
  static func table(_ names: [NamedUsage]) -> ColumnTable {
    func text(_ name: String, _ text: (NamedUsage) -> String?) -> Column {
      var categories = Categories()
      let values = names.map { text($0).map { categories.number(of: $0) } ?? Categories.missing }
      return Column(name: name, unit: "", values: .narrow { values[$0] }, categories: categories.texts)
    }
    func whole(_ name: String, _ unit: String, _ value: @escaping @Sendable (NamedUsage) -> Int64) -> Column {
      Column(name: name, unit: unit, values: .wide { value(names[$0]) })
    }
    func seconds(_ name: String, _ nanoseconds: @escaping @Sendable (NamedUsage) -> Double?) -> Column {
      Column(name: name, unit: "s", values: .real { nanoseconds(names[$0]).map { $0 / 1e9 } ?? .nan })
    }
    return ColumnTable(
      name: "names", rows: names.count,
      columns: [
        text("name") { $0.name }, text("file") { $0.place?.file }, whole("line", "") { $0.place?.line ?? 0 },
        whole("calls", "count") { Int64(clamping: $0.calls) }, whole("open", "count") { Int64(clamping: $0.open) },
        seconds("total_s") { Double($0.totalNanoseconds) }, seconds("self_s") { Double($0.selfNanoseconds) },
        seconds("cpu_s") { $0.cpuNanoseconds.map { Double($0) } },
        seconds("self_cpu_s") { $0.selfCPUNanoseconds.map { Double($0) } },
        seconds("max_s") { Double($0.greatestNanoseconds) }, whole("paths", "count") { Int64($0.paths) },
        whole("depth", "count") { Int64($0.depth) }, text("first_caller") { $0.callers.first?.name },
      ])
  }
}
