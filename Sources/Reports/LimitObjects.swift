internal import StripAnalysis

/// What the program may not exceed, and what its control groups counted, in JSON.
struct LimitObjects {
  private let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  func write(_ json: inout JSONWriter) {
    json.key("limits")
    json.array { json in for limit in summary.limits { json.object { Self.limit(limit, &$0) } } }
    json.key("cgroup")
    if let cgroup = summary.cgroup { json.object { Self.cgroup(cgroup, &$0) } } else { json.null() }
    json.key("other_cgroups")
    json.array { json in for group in summary.otherCgroups { json.object { Self.other(group, &$0) } } }
    json.key("heaps")
    json.array { json in
      for heap in summary.heaps {
        json.object {
          $0.member("pid", heap.knownPID)
          $0.member("used_bytes", heap.usedBytes)
          $0.member("held_bytes", heap.heldBytes)
          $0.member("used_max_bytes", heap.usedPeakBytes)
          $0.member("held_max_bytes", heap.heldPeakBytes)
        }
      }
    }
    json.key("out_of_memory_kills")
    json.array { json in
      for kill in summary.outOfMemoryKills {
        json.object {
          $0.member("pid", kill.pid)
          $0.member("name", kill.name)
          $0.member("limit_group", kill.limitGroup)
          $0.member("anonymous_bytes", kill.anonymousBytes)
          $0.member("file_bytes", kill.fileBytes)
          $0.member("shared_bytes", kill.sharedBytes)
        }
      }
    }
  }

  private static func limit(_ limit: LimitUse, _ json: inout JSONWriter) {
    json.member("kind", limit.kind.rawValue)
    json.member("source", limit.sourceName)
    switch limit.source {
    case .cgroup(let group, let file):
      json.member("group", group)
      json.member("file", file)
    case .resource(let name): json.member("file", name)
    case .machine: break
    }
    json.member("limit", limit.limit)
    json.member("current", limit.current)
    json.member("peak", limit.peak)
    json.member("share", limit.share)
    json.member("pid", limit.pid)
    json.member("seconds_left", limit.forecast?.secondsLeft)
    json.member("seconds_left_low", limit.forecast?.leastSeconds)
    json.member("seconds_left_high", limit.forecast?.mostSeconds)
  }

  private static func other(_ use: OtherCgroupUse, _ json: inout JSONWriter) {
    json.member("group", use.group)
    json.member("pid", use.pid)
    json.member("quota_cpus", use.quotaCPUs)
    json.member("cpu_seconds", use.cpuSeconds)
    json.member("periods", use.periods)
    json.member("throttled_periods", use.throttledPeriods)
    json.member("throttled_seconds", use.throttledSeconds)
    json.member("memory_limit_bytes", use.memoryLimitBytes)
    json.member("oom_kills", use.outOfMemoryKills)
  }

  private static func cgroup(_ use: CgroupUse, _ json: inout JSONWriter) {
    json.member("group", use.group)
    json.member("version", use.version)
    json.member("memory_bytes", use.memoryBytes)
    json.member("memory_peak_bytes", use.memoryPeakBytes)
    json.member("memory_held_peak_bytes", use.heldPeakBytes)
    json.key("last_second")
    json.object { json in
      json.member("memory_bytes", use.last.resident)
      json.member("anonymous_bytes", use.last.anonymous)
      json.member("page_cache_bytes", use.last.pageCache)
      json.member("shared_bytes", use.last.shared)
      json.member("kernel_bytes", use.last.kernel)
      json.member("swap_bytes", use.last.swap)
    }
    json.member("memory_limit_events", use.limitEvents)
    json.member("memory_high_events", use.highEvents)
    json.member("oom_kills", use.outOfMemoryKills)
    json.member("cpu_seconds", use.cpuSeconds)
    json.member("periods", use.periods)
    json.member("throttled_periods", use.throttledPeriods)
    json.member("throttled_seconds", use.throttledSeconds)
    json.member("tasks_peak", use.tasksPeak)
    json.member("refused_tasks", use.refusedTasks)
    json.member("read_bytes", use.readBytes)
    json.member("write_bytes", use.writeBytes)
    json.member("cpu_pressure_seconds", use.cpuPressureSeconds)
    json.member("memory_pressure_seconds", use.memoryPressureSeconds)
    json.member("io_pressure_seconds", use.ioPressureSeconds)
    json.member("other_groups", use.otherGroups)
  }
}

extension LimitUse {
  fileprivate var sourceName: String {
    switch source {
    case .cgroup: "cgroup"
    case .resource: "rlimit"
    case .machine: "machine"
    }
  }
}
