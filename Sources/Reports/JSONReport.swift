package import StripAnalysis
internal import StripModel

/// The report for programs: `Docs/report-schema.md` is its contract. Only ever extended while ``schema`` stays the same.
package struct JSONReport {
  package static let schema = 1
  private let summary: RecordingSummary

  private let findings: [Finding]

  /// `findings`: those of the whole recording, where `summary` is a part of it.
  package init(_ summary: RecordingSummary, findings: [Finding]? = nil) {
    self.summary = summary
    self.findings = findings ?? Findings.all(of: summary)
  }

  /// One JSON object; ends with a line feed.
  package var text: String {
    var json = JSONWriter()
    json.object { json in
      json.member("schema", Self.schema)
      json.key("program")
      json.object(program)
      json.key("processes")
      json.array { json in for process in summary.processes { json.object { self.process(process, &$0) } } }
      json.key("total")
      json.object(total)
      json.key("machine")
      json.object(machine)
      MachineObjects(summary).writeSurvey(&json)
      LimitObjects(summary).write(&json)
      json.key("spans")
      json.array { json in for span in summary.spans { json.object { SpanObject(span).write(&$0) } } }
      json.key("names")
      json.array { json in for named in NamedUsage.all(of: summary.spans) { json.object { named.write(&$0) } } }
      ProgramObjects(summary).write(&json)
      json.key("gpus")
      json.array { json in for gpu in summary.gpus { json.object { GPUObject(gpu).write(&$0) } } }
      json.key("findings")
      json.array { json in
        for finding in findings { json.object { FindingObject(finding).write(&$0) } }
      }
      json.key("recorder")
      json.object(recorder)
      json.key("missing")
      json.array { json in for fact in summary.missing { json.object { self.missing(fact, &$0) } } }
      json.key("file")
      json.object(file)
    }
    return json.text + "\n"
  }

  private func program(_ json: inout JSONWriter) {
    let run = summary.run
    json.member("command", run.command.isEmpty ? nil : ShellCommand.quoted(run.command))
    json.member("arguments", run.command)
    json.member("command_words", run.commandWords)
    json.member("wall_seconds", run.wallSeconds)
    exit(run.exit, &json)
    json.member("mode", run.mode)
    json.member(
      "started",
      run.realtimeOffset == 0 ? nil : WallTime.text(nanoseconds: Int64(bitPattern: run.start) &+ run.realtimeOffset))
    json.member("working_directory", run.workingDirectory)
    json.member("interval", run.interval)
    json.member("end_reason", run.endReason)
    json.member("complete", run.isComplete)
    json.member("stripchart_version", run.version)
  }

  private func exit(_ exit: ProgramExit?, _ json: inout JSONWriter) {
    json.key("exit")
    switch exit {
    case nil: json.null()
    case .code(let code):
      json.object {
        $0.member("code", code)
        $0.member("signal", nil as Int32?)
      }
    case .signal(let signal, _):
      json.object {
        $0.member("code", nil as Int32?)
        $0.member("signal", signal)
      }
    }
    if case .signal(_, let coreDumped)? = exit { json.member("core_dumped", coreDumped) }
  }

  private func process(_ process: ProcessUsage, _ json: inout JSONWriter) {
    let line = process.command.isEmpty ? process.name : ShellCommand.quoted(process.command)
    json.member("pid", process.knownPID)
    json.member("namespace_pid", process.namespacePID)
    json.member("parent_pid", process.parentPID)
    json.member("name", process.name)
    json.member("command", line.isEmpty ? nil : line)
    json.member("arguments", process.command)
    json.member("start_seconds", process.startSeconds)
    json.member("first_seen_seconds", process.firstSeenSeconds)
    json.member("end_seconds", process.endSeconds)
    json.member("cpu_seconds", process.cpuSeconds)
    json.member("user_seconds", process.userSeconds)
    json.member("system_seconds", process.systemSeconds)
    json.member("unseen_children_cpu_seconds", process.waitedChildrenUnseenCPUSeconds)
    json.member("peak_rss_bytes", process.peakResidentBytes)
    counters(process.last, &json)
    json.member("switches_are_lower_bound", process.isSwitchesLowerBound)
    json.member("calls_are_lower_bound", process.isCallsLowerBound)
    waits(WaitTimes(process), &json)
    json.member("run_delay_is_lower_bound", process.isRunDelayLowerBound)
    for (name, metric) in Self.peaks { json.member(name, process.peaks[metric]) }
    exit(process.exit, &json)
    json.member("final_reading", process.finalReading)
    json.member("executable", process.executable)
    json.member("working_directory", process.workingDirectory)
    json.member("user", process.user)
    json.member("user_id", process.userID)
  }

  /// Summed over threads; `null`: not measured.
  private func waits(_ times: WaitTimes, _ json: inout JSONWriter) {
    json.member("run_delay_seconds", times.runDelay)
    json.member("blocked_seconds", times.blocked)
    json.member("stopped_seconds", times.stopped)
  }

  private static let peaks: [(String, ProcessMetric)] = [
    ("threads_max", .threads), ("descriptors_max", .descriptors), ("vms_max_bytes", .virtualSize),
    ("swap_max_bytes", .swapSize), ("huge_pages_max_bytes", .hugePagesSize), ("pss_max_bytes", .proportionalSize),
    ("uss_max_bytes", .uniqueSize),
    ("anonymous_max_bytes", .anonymousSize), ("file_max_bytes", .fileSize), ("shared_max_bytes", .sharedSize),
  ]

  private func counters(_ sample: ProcessSample, _ json: inout JSONWriter) {
    for (name, metric) in Self.counters { json.member(name, sample[metric]) }
  }

  private static let counters: [(String, ProcessMetric)] = [
    ("read_bytes", .readBytes), ("write_bytes", .writeBytes), ("cancelled_write_bytes", .cancelledWriteBytes),
    ("read_calls", .readCalls), ("write_calls", .writeCalls), ("read_characters_bytes", .readCharacters),
    ("write_characters_bytes", .writeCharacters), ("minor_faults", .minorFaults), ("major_faults", .majorFaults),
    ("voluntary_switches", .voluntarySwitches), ("involuntary_switches", .involuntarySwitches),
  ]

  private func total(_ json: inout JSONWriter) {
    let total = summary.total
    json.member("cpu_seconds", total.cpuSeconds)
    json.member("user_seconds", total.userSeconds)
    json.member("system_seconds", total.systemSeconds)
    json.member("usage_is_lower_bound", total.isUsageLowerBound)
    json.member("peak_memory_bytes", total.peakResidentBytes)
    json.member("peak_memory_at_seconds", total.peakResidentAtSeconds)
    json.member("peak_memory_is_lower_bound", total.isPeakLowerBound)
    // The same under its name of before, when it was the sum of resident sizes.
    json.member("peak_rss_bytes", total.peakResidentBytes)
    json.member("peak_rss_at_seconds", total.peakResidentAtSeconds)
    json.member("peak_rss_sum_bytes", total.peakResidentSumBytes)
    counters(total.usage, &json)
    json.member("switches_are_lower_bound", total.isSwitchesLowerBound)
    json.member("calls_are_lower_bound", total.isCallsLowerBound)
    waits(summary.waitTimes, &json)
    json.member("run_delay_is_lower_bound", total.isRunDelayLowerBound)
    json.member("process_count", total.processCount)
    json.member("process_count_is_lower_bound", total.isProcessCountLowerBound)
    json.member("greatest_process_count", total.greatestProcessCount)
    json.member("greatest_task_count", total.greatestTaskCount)
    json.member("unseen_cpu_seconds", total.unseenCPUSeconds)
    json.member("unseen_tasks_at_most", total.unseenTasksAtMost)
  }

  private func machine(_ json: inout JSONWriter) {
    let machine = summary.machine
    json.member("host", machine.host)
    json.member("kernel", machine.kernel)
    json.member("cpu_model", machine.cpuModel)
    json.member("physical_cpus", machine.physicalCPUs)
    json.member("logical_cpus", machine.logicalCPUs)
    json.member("memory_bytes", machine.memoryBytes)
    json.member("swap_bytes", machine.swapBytes)
    json.member("page_bytes", machine.pageBytes)
    json.member("boot_time_seconds", machine.bootSeconds)
    json.member("container", machine.container)
    json.member("busy_share", machine.busyShare)
    json.member("least_available_bytes", machine.leastAvailableBytes)
    MachineObjects(summary).writeActivity(&json)
  }

  private func recorder(_ json: inout JSONWriter) {
    let recorder = summary.recorder
    json.member("cpu_seconds", recorder.cpuSeconds)
    json.member("resident_bytes", recorder.residentBytes)
    json.member("ticks", recorder.ticks)
    json.member("late", recorder.late)
    json.member("skipped", recorder.skipped)
    json.member("refused_chunks", recorder.refusedChunks)
    json.member("file_full_since_seconds", summary.run.fullSeconds)
    json.member("lives_source", recorder.lives.name)
    json.member("lives_lost", recorder.lives.name == nil ? nil : recorder.lives.lost)
    json.member("lives_missing_because", recorder.lives.reason)
    json.member("unmatched_span_ends", summary.unmatchedSpanEnds)
    json.member("file_bytes", summary.fileBytes)
    json.member("bytes_per_hour", summary.bytesPerHour)
    json.key("tiers")
    json.array { json in
      for probe in recorder.probes {
        json.object {
          $0.member("name", probe.name)
          $0.member("reads", probe.reads)
          $0.member("per_second", probe.readsPerSecond)
          $0.member("mean_nanoseconds", probe.meanNanoseconds)
        }
      }
    }
  }

  private func missing(_ fact: MissingFact, _ json: inout JSONWriter) {
    json.member("pid", fact.pid)
    json.member("probe", fact.probe)
    json.member("reason", fact.reason)
    json.member("needs", fact.needs)
  }

  private func file(_ json: inout JSONWriter) {
    json.member("path", summary.path)
    json.member("bytes", summary.fileBytes)
    json.member("ending", summary.ending.word)
    json.member("ending_offset", summary.ending.offset)
  }
}
