internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// A process that a survey has met. It is recorded from the moment on that it stands out; before that, its first reading is kept.
struct SurveyedProcess {
  let pid: Int32
  let startTicks: UInt64
  /// At its first reading; of one that began later than the recording nothing was used before.
  let first: ProcessSample
  let firstTime: UInt64
  var parent: Int32
  var last: ProcessSample
  var isKernelThread: Bool
  var hidesIO = false
  /// The number of the survey that met it last.
  var survey: UInt64
  /// 0: it is not recorded.
  private(set) var track: UInt64 = 0
  private var groups: [CounterGroup] = []
  private let isNew: Bool
  private var nameHash: UInt64
  private var describedHash: UInt64 = 0

  private static let groupMetrics: [[ProcessMetric]] = [
    [
      .cpuTime, .residentSize, .userTime, .systemTime, .threads, .childUserTime, .childSystemTime, .minorFaults,
      .majorFaults,
    ],
    [.readBytes, .writeBytes, .cancelledWriteBytes, .childMinorFaults],
  ]

  init(_ glance: ProcessGlance, at time: UInt64, survey: UInt64, since start: UInt64) {
    pid = glance.state.pid
    startTicks = glance.state.startTicks
    parent = glance.state.parent
    isKernelThread = glance.isKernelThread
    first = glance.sample
    last = glance.sample
    firstTime = time
    nameHash = glance.state.nameHash
    self.survey = survey
    // The kernel rounds a start down to its tick.
    isNew = startTicks &* UInt64(Machine.nanosecondsPerTick) &+ 20_000_000 >= start
  }

  var isRecorded: Bool { track != 0 }

  /// What a count grew by while it was watched.
  func used(_ metric: ProcessMetric) -> Int64? {
    guard let now = last[metric] else { return nil }
    return isNew ? now : max(0, now &- (first[metric] ?? now))
  }

  /// What a later survey has read of it.
  mutating func update(_ glance: ProcessGlance, survey: UInt64) {
    last = glance.sample
    parent = glance.state.parent
    nameHash = glance.state.nameHash
    self.survey = survey
  }

  /// From now on it is recorded: who it is, and its first reading where it stands in time.
  mutating func begin(in journal: inout Journal, proc: String) {
    let file = journal.writer.file
    track = file.control.nextTrack()
    describe(at: firstTime, in: &journal, proc: proc)
    groups = Self.groupMetrics.map {
      CounterGroup($0, parent: track, sequence: file.control.nextCounterSequence())
    }
    for index in groups.indices { journal.counters(&groups[index], first.all, at: firstTime) }
  }

  private mutating func describe(at time: UInt64, in journal: inout Journal, proc: String) {
    describedHash = nameHash
    let description = try? ProcessDescription(pid: pid, root: proc)
    let name = description?.command ?? "?"
    journal.track(track, name: "process " + String(pid) + " " + name)
    let arguments = isKernelThread ? [] : (description?.arguments ?? []).filter { !$0.isSame(as: "[" + name + "]") }
    journal.note(
      "surveyed process", at: time, on: track,
      [
        Annotation("pid", Int64(pid)), Annotation("parent_pid", Int64(parent)),
        Annotation("start_ns", Int64(bitPattern: startTicks) &* Machine.nanosecondsPerTick),
        Annotation("name", text: name), Annotation("command", texts: arguments),
        Annotation("kernel_thread", flag: isKernelThread), Annotation("io_hidden", flag: hidesIO),
        Annotation("user_id", description?.user.map { Int64($0) }),
        Annotation("user", text: description?.user.flatMap { Machine.userName($0) }),
      ])
  }

  /// What changed; and who it is, where it has executed another program.
  mutating func record(at time: UInt64, in journal: inout Journal, proc: String) {
    if nameHash != describedHash { describe(at: time, in: &journal, proc: proc) }
    for index in groups.indices { journal.counters(&groups[index], last.all, at: time) }
  }

  /// It was not there any more.
  mutating func end(at time: UInt64, in journal: inout Journal) {
    for index in groups.indices { journal.end(&groups[index], at: time) }
    journal.note("surveyed process ended", at: time, on: track, [])
  }
}
