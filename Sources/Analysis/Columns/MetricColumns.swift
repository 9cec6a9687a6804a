internal import StripModel

/// The readings of one thing over time: one row a reading, one column a metric.
struct MetricColumns<Metric: MetricCatalogue> {
  private var times = GatheredColumn<Int64>()
  private var values = [GatheredColumn<Int64>](repeating: GatheredColumn(), count: Metric.allCases.count)

  var rows: Int { times.count }

  mutating func append(_ sample: Sample<Metric>, at time: UInt64) {
    times.append(Int64(bitPattern: time))
    for index in values.indices { values[index].append(sample.all[index]) }
  }

  /// `time_s` and `metrics`, also those that were never there.
  func columns(since start: UInt64, _ metrics: [Metric] = Array(Metric.allCases)) -> [Column] {
    let start = Int64(bitPattern: start)
    var columns = [Column("time_s", "s", times, dividedBy: 1e9, from: start)]
    for metric in metrics {
      let gathered = values[metric.rawValue]
      let name = "\(metric.metric.name)"
      switch metric.metric.unit {
      case .nanoseconds: columns.append(Column(name + "_s", "s", gathered, dividedBy: 1e9))
      case .bytes: columns.append(Column(name, "bytes", gathered))
      case .count: columns.append(Column(name, "count", gathered))
      }
    }
    return columns
  }
}
