internal import StripAnalysis

/// A path of spans in the JSON report.
struct SpanObject {
  private let span: SpanUsage

  init(_ span: SpanUsage) { self.span = span }

  func write(_ json: inout JSONWriter) {
    json.member("name", span.name)
    json.member("path", span.path)
    json.member("task", span.isTask)
    json.member("calls", span.calls)
    json.member("stretches", span.durations.count)
    json.member("open", span.open)
    json.key("wall_seconds")
    json.object(wall)
    json.member("self_is_estimated", span.isSelfEstimated)
    resources(&json)
    json.key("exceptions")
    json.array { json in
      for exception in span.exceptions {
        json.object {
          $0.member("type", exception.type)
          $0.member("count", exception.count)
        }
      }
    }
    json.member("open_since_seconds", span.openSinceSeconds)
    let growth = span.growth
    func sum(_ bytes: (SpanGrowth) -> Int64) -> Int64? { growth.isEmpty ? nil : growth.reduce(0) { $0 &+ bytes($1) } }
    json.member("rss_growth_once_bytes", sum(\.bytes))
    json.member("rss_growth_low_bytes", sum(\.leastBytes))
    json.member("rss_growth_high_bytes", sum(\.mostBytes))
    json.member("rss_growth_shared", growth.contains(where: \.isShared))
    json.member("left_open", span.leftOpen)
    json.key("slowest_arguments")
    json.object { json in for argument in span.slowestArguments { json.member(argument) } }
    json.member("file", span.place?.file)
    json.member("line", span.place?.line)
    json.key("inside")
    json.object(inside)
    json.key("folded")
    guard let folded = span.folded else { return json.null() }
    json.object {
      $0.member("calls", folded.count)
      $0.member("since_seconds", folded.sinceSeconds)
    }
  }

  private func inside(_ json: inout JSONWriter) {
    func curve(_ name: String, _ inside: CurveInside?, _ json: inout JSONWriter) {
      json.key(name)
      guard let inside else { return json.null() }
      json.object {
        $0.member("mean", inside.mean)
        $0.member("peak", inside.peak)
      }
    }
    curve("cpus", span.inside.cpus, &json)
    curve("rss_bytes", span.inside.resident, &json)
    curve("read_bytes_per_second", span.inside.diskRead, &json)
    curve("write_bytes_per_second", span.inside.diskWrite, &json)
    curve("machine_cpu_share", span.inside.machineCPU, &json)
    curve("throttled_share", span.inside.throttled, &json)
    json.key("gpus")
    json.array { json in for gpu in span.inside.gpus { json.object { gpu.write(&$0) } } }
    json.key("counters")
    json.array { json in
      for counter in span.inside.counters {
        json.object {
          $0.member("name", counter.name)
          $0.member("pid", counter.pid)
          $0.member("mean", counter.inside.mean)
          $0.member("peak", counter.inside.peak)
        }
      }
    }
  }

  private func wall(_ json: inout JSONWriter) {
    let durations = span.durations
    let hasEnded = durations.count > 0
    func seconds(_ nanoseconds: UInt64?) -> Double? { hasEnded ? nanoseconds.map { Double($0) / 1e9 } : nil }
    json.member("total", Double(durations.sum) / 1e9)
    json.member("self", Double(span.selfNanoseconds) / 1e9)
    json.member("mean", span.meanNanoseconds.map { $0 / 1e9 })
    json.member("min", seconds(durations.least))
    for (name, quantile) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
      json.member(name, seconds(durations.value(at: quantile)))
    }
    json.member("max", seconds(durations.greatest))
  }

  private func resources(_ json: inout JSONWriter) {
    let used = span.resources
    func seconds(_ nanoseconds: Int64?) -> Double? { nanoseconds.map { Double($0) / 1e9 } }
    json.member("exact_share", used?.exactShare)
    json.member("cpu_seconds", seconds(used?.threadCPUNanoseconds))
    json.member("self_cpu_seconds", seconds(used?.selfThreadCPUNanoseconds))
    json.member("process_cpu_seconds", seconds(used?.processCPUNanoseconds))
    json.member("rss_growth_bytes", used?.residentGrowthBytes)
    json.member("self_rss_growth_bytes", used?.selfResidentGrowthBytes)
    json.member("peak_rss_bytes", used?.peakResidentBytes)
    json.member("read_bytes", used?.readBytes)
    json.member("write_bytes", used?.writeBytes)
    json.member("storage_bytes", used?.storageBytes)
    json.member("minor_faults", used?.minorFaults)
    json.member("major_faults", used?.majorFaults)
    json.member("voluntary_switches", used?.voluntarySwitches)
    json.member("involuntary_switches", used?.involuntarySwitches)
    json.member("run_delay_seconds", seconds(used?.runDelayNanoseconds))
    json.member("self_run_delay_seconds", seconds(used?.selfRunDelayNanoseconds))
  }
}

extension JSONWriter {
  mutating func member(_ argument: SpanArgument) {
    switch argument.value {
    case .integer(let value): member(argument.name, value)
    case .real(let value): member(argument.name, value)
    case .text(let value): member(argument.name, value)
    case .flag(let value): member(argument.name, value)
    case .texts(let values): member(argument.name, values)
    case .integers(let values): member(argument.name, values)
    }
  }
}
