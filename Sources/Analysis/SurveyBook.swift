internal import StripModel
internal import StripReader
internal import StripRecording

/// What surveys of all processes have found, the sums and who stands out. Apart from the ``Ledger``: these are no tree whose sum is
/// the program's, and they are read more seldom than a tick.
struct SurveyBook: Sendable {
  private var processes: [Process] = []
  private var sums = Sample<SurveyMetric>()
  private var sumsTrack: Int?
  private var processTracks: [Int: Int] = [:]
  private var targets: [Int: Target] = [:]
  private var start: UInt64 = 0

  private enum Target {
    case process(Int, ProcessMetric)
    case sum(SurveyMetric)
  }

  private struct Process {
    var usage = ProcessUsage()
    /// CLOCK_BOOTTIME of its start.
    var started: UInt64 = 0
    var first = ProcessSample()
    var current = ProcessSample()
  }

  // MARK: what the recording says

  mutating func begin(at time: UInt64) { start = time }

  mutating func describe(_ track: Track) {
    if track.kind == .run, track.parent == nil, track.name == "survey" { sumsTrack = track.index }
    guard case .counter(true, _) = track.kind, let parent = track.parent else { return }
    if let process = processTracks[parent], let metric = Self.metric(track.name, ProcessMetric.self) {
      targets[track.index] = .process(process, metric)
    } else if parent == sumsTrack, let metric = Self.metric(track.name, SurveyMetric.self) {
      targets[track.index] = .sum(metric)
    }
  }

  /// `false`: not of a survey.
  mutating func count(_ track: Int, _ value: Int64) -> Bool {
    if targets.isEmpty { return false }
    switch targets[track] {
    case nil: return false
    case .sum(let metric): sums[metric] = value
    case .process(let index, let metric):
      if !processes[index].first.has(metric) { processes[index].first[metric] = value }
      processes[index].current[metric] = value
      let peak = processes[index].usage.peaks[metric] ?? .min
      processes[index].usage.peaks[metric] = max(value, peak)
    }
    return true
  }

  /// `false`: not about a survey.
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ note: Note) -> Bool {
    switch name {
    case "surveyed process": describe(note, on: track, at: time)
    case "surveyed process ended":
      guard let index = processTracks[track] else { return true }
      processes[index].usage.endSeconds = seconds(time)
      processes[index].usage.finalReading = "vanished"
    default: return false
    }
    return true
  }

  private mutating func describe(_ note: Note, on track: Int, at time: UInt64) {
    let index = processTracks[track] ?? processes.count
    if index == processes.count {
      processTracks[track] = index
      processes.append(Process())
      processes[index].started = UInt64(bitPattern: note.integer("start_ns") ?? 0)
      processes[index].usage.startSeconds = seconds(processes[index].started)
      processes[index].usage.firstSeenSeconds = seconds(time)
      processes[index].usage.pid = Int32(truncatingIfNeeded: note.integer("pid") ?? 0)
    }
    processes[index].usage.parentPID = Int32(truncatingIfNeeded: note.integer("parent_pid") ?? 0)
    processes[index].usage.name = note.text("name") ?? processes[index].usage.name
    processes[index].usage.command = note.texts("command")
    processes[index].usage.userID = note.integer("user_id")
    processes[index].usage.user = note.text("user")
    processes[index].usage.hidesIO = note.flag("io_hidden")
  }

  // MARK: the end

  /// Fills the processes and their sums into `summary`, whose machine is known. Nothing where no survey was made.
  func finish(_ summary: inout RecordingSummary) {
    guard let readings = sums[.readings], readings > 0 else { return }
    let usages = WaitedChildren.takenOff(processes.map { usage($0) })
    summary.processes = usages.sorted { $0.cpuSeconds ?? 0 > $1.cpuSeconds ?? 0 }
    var survey = SurveyUse()
    survey.readings = readings
    survey.cpuSeconds = usages.reduce(0) { $0 + ($1.cpuSeconds ?? 0) }
    survey.processesSeen = sums[.seen] ?? 0
    survey.processesAtEnd = sums[.alive]
    survey.processesHidingIO = sums[.hidden] ?? 0
    survey.otherCPUSeconds = sums[.otherTime].map { Double($0) / 1e9 } ?? 0
    survey.otherReadBytes = sums[.otherReadBytes] ?? 0
    survey.otherWriteBytes = sums[.otherWriteBytes] ?? 0
    survey.rowlessCPUSeconds = summary.machineActivity.taskSeconds.map {
      max(0, $0 - survey.cpuSeconds - survey.otherCPUSeconds)
    }
    survey.tasksMissedAtMost = summary.machineActivity.forks.map {
      max(0, $0 - usages.reduce(0) { $0 + ($1.startSeconds ?? -1 >= 0 ? 1 : 0) })
    }
    summary.survey = survey
    for usage in usages where usage.hidesIO {
      summary.missing.append(
        MissingFact(
          pid: usage.pid, probe: "io", reason: "Permission denied", needs: "to run as that user, or CAP_SYS_PTRACE"))
    }
    summary.total.processCount = Int(clamping: survey.processesSeen)
  }

  private func usage(_ process: Process) -> ProcessUsage {
    var usage = process.usage
    // The kernel rounds a start down to its tick.
    let isNew = process.started &+ 20_000_000 >= start
    for metric in ProcessMetric.allCases {
      guard let now = process.current[metric] else { continue }
      guard metric.metric.isCumulative else {
        usage.last[metric] = now
        continue
      }
      usage.last[metric] = isNew ? now : max(0, now &- (process.first[metric] ?? now))
    }
    usage.cpuSeconds = usage.last[.cpuTime].map { Double($0) / 1e9 }
    usage.userSeconds = usage.last[.userTime].map { Double($0) / 1e9 }
    usage.systemSeconds = usage.last[.systemTime].map { Double($0) / 1e9 }
    usage.peakResidentBytes = usage.peaks[.residentSize].flatMap { $0 > 0 ? $0 : nil }
    return usage
  }

  private func seconds(_ time: UInt64) -> Double { Double(Int64(bitPattern: time &- start)) / 1e9 }

  private static func metric<Metric: MetricCatalogue>(_ name: String, _: Metric.Type) -> Metric? {
    Metric.allCases.first { "\($0.metric.name)" == name }
  }
}
