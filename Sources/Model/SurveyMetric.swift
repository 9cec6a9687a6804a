/// What is recorded of looking at all processes of the machine now and then.
public enum SurveyMetric: Int, MetricCatalogue {
  /// How often all were looked at, and what that took.
  case readings, cost
  /// Processes that were met at any time, and those that were there at the last reading.
  case seen, alive
  /// Processes whose input and output is not ours to read.
  case hidden
  /// CPU time and bytes of those that used too little to be recorded one by one.
  case otherTime, otherReadBytes, otherWriteBytes

  public var metric: Metric {
    switch self {
    case .readings: Metric("survey_readings", .count, isCumulative: true)
    case .cost: Metric("survey_cost", .nanoseconds, isCumulative: true)
    case .seen: Metric("processes_seen", .count, isCumulative: true)
    case .alive: Metric("processes_alive", .count, isCumulative: false)
    case .hidden: Metric("processes_io_hidden", .count, isCumulative: false)
    case .otherTime: Metric("others_cpu", .nanoseconds, isCumulative: false, step: 1_000_000)
    case .otherReadBytes: Metric("others_read_bytes", .bytes, isCumulative: false)
    case .otherWriteBytes: Metric("others_write_bytes", .bytes, isCumulative: false)
    }
  }
}
