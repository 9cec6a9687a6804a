import StripModel
@testable import StripReader
@testable import StripRecording

@testable import StripAnalysis

/// Spans with their readings, told event by event, and the summary of them. Times are milliseconds, memory is MiB.
struct SpanStory {
  private var tree = SpanTree()
  private var names: [String] = []
  private var threads: [Int32: Int] = [:]
  private var cpu: [Int32: Int64] = [:]
  private var faults: [Int32: Int64] = [:]
  /// By the number of a task: the thread that runs it now.
  private var runs: [Int32: Int32] = [:]
  private var processes: [Int32: Int] = [:]
  private var tracks = 0
  var summary = RecordingSummary()

  init() {
    summary.run.mode = "run"
    summary.run.endReason = "command ended"
    summary.machine.pageBytes = 4096
  }

  mutating func thread(_ tid: Int32, pid: Int32 = 1) {
    threads[tid] = tracks
    tree.describe(Track(index: tracks, parent: nil, name: "thread \(tid)", kind: .thread(pid: pid, tid: tid)))
    describeReadings()
  }

  /// A lane, as Swift's tasks have them: its spans are said to be on thread `task`, a number that no thread has.
  mutating func task(_ task: Int32, pid: Int32 = 1) {
    if processes[pid] == nil {
      processes[pid] = tracks
      tree.describe(Track(index: tracks, parent: nil, name: "program", kind: .process(pid: pid)))
      tracks += 1
    }
    threads[task] = tracks
    tree.describe(Track(index: tracks, parent: processes[pid], name: "tasks \(task)", kind: .task))
    describeReadings()
  }

  /// From now on this thread runs the task.
  mutating func run(_ task: Int32, on thread: Int32) { runs[task] = thread }

  private mutating func describeReadings() {
    for (index, name) in ["thread_cpu", "rss", "minor_faults", "thread_id"].enumerated() {
      tree.describe(
        Track(index: tracks + index + 1, parent: tracks, name: name, kind: .counter(isOurs: true, unit: 1)))
    }
    tracks += 5
  }

  /// `made`: what the thread touched first since it was read last, in MiB; `used`: CPU time, in ms.
  private mutating func read(
    _ tid: Int32, _ milliseconds: UInt64, _ mebibytes: Double, _ made: Double, _ used: Double
  ) -> Int {
    if threads[tid] == nil { thread(tid) }
    let track = threads[tid] ?? 0
    let thread = runs[tid] ?? tid
    cpu[thread, default: 0] += 1000 + Int64(used * 1_000_000)
    faults[thread, default: 0] += Int64(made * 256)
    let time = milliseconds * 1_000_000
    if runs[tid] != nil { _ = tree.count(track + 4, Int64(thread), at: time) }
    _ = tree.count(track + 1, cpu[thread] ?? 0, at: time)
    _ = tree.count(track + 2, Int64(mebibytes * 1_048_576), at: time)
    _ = tree.count(track + 3, faults[thread] ?? 0, at: time)
    return track
  }

  mutating func begin(
    _ name: String, at milliseconds: UInt64, memory: Double, thread: Int32 = 1, made: Double = 0, used: Double = 0
  ) {
    let number = names.firstIndex(of: name) ?? names.count
    if number == names.count { names.append(name) }
    let track = read(thread, milliseconds, memory, made, used)
    tree.begin(track, name: number, at: milliseconds * 1_000_000)
  }

  mutating func end(
    at milliseconds: UInt64, memory: Double, thread: Int32 = 1, made: Double = 0, used: Double = 0
  ) {
    let track = read(thread, milliseconds, memory, made, used)
    tree.end(track, at: milliseconds * 1_000_000)
    summary.run.end = max(summary.run.end, milliseconds * 1_000_000)
    summary.total.peakResidentBytes = max(summary.total.peakResidentBytes ?? 0, Int64(memory * 1_048_576))
  }

  /// A task goes on, or is suspended.
  mutating func switched(_ task: Int32, isResumed: Bool, at milliseconds: UInt64, memory: Double) {
    let track = read(task, milliseconds, memory, 0, 0)
    tree.switched(track, isResumed: isResumed, at: milliseconds * 1_000_000)
  }

  mutating func tasksAreSilent(_ task: Int32) { tree.tasksAreSilent(ofThread: threads[task] ?? 0) }

  /// The summary with all spans.
  var told: RecordingSummary {
    var tree = tree
    tree.finish()
    let series = tree.iterations.series
    var summary = summary
    summary.growth = tree.processGrowth
    summary.spans = tree.spans.map { node in
      var usage = SpanUsage()
      usage.path = tree.path(of: node).map { names[$0] }
      usage.name = usage.path.last ?? ""
      usage.take(tree.nodes[node])
      usage.openSinceSeconds = tree.nodes[node].openSince.map { Double($0) / 1e9 }
      usage.iterations = series[node] ?? []
      usage.growth = tree.growth(of: node)
      usage.isTask = tree.isOfTask(node)
      return usage
    }
    return summary
  }
}

extension RecordingSummary {
  /// A run of ten seconds on four CPUs that used half of one, and nothing stands out.
  static var ordinary: RecordingSummary {
    var summary = RecordingSummary()
    summary.run.mode = "run"
    summary.run.end = 10_000_000_000
    summary.run.exit = .code(0)
    summary.run.endReason = "command ended"
    summary.machine.logicalCPUs = 4
    summary.machine.busyShare = 0.2
    summary.machine.memoryBytes = 16 << 30
    summary.machine.leastAvailableBytes = 8 << 30
    summary.machine.pageBytes = 4096
    summary.machineUse.ioSomePressureSeconds = 0
    summary.machineUse.cpuSomePressureSeconds = 0
    summary.machineUse.memorySomePressureSeconds = 0
    summary.total.cpuSeconds = 5
    summary.total.peakResidentBytes = 40 << 20
    var process = ProcessUsage()
    process.pid = 7
    process.name = "program"
    process.cpuSeconds = 5
    process.endSeconds = 10
    process.startSeconds = 0
    process.peaks[.threads] = 1
    summary.processes = [process]
    summary.total.processCount = 1
    summary.recorder.ticks = 1000
    summary.recorder.late = 10
    summary.recorder.skipped = 0
    return summary
  }

  mutating func use(cpu: Double, of wall: Double, in path: [String] = []) {
    run.end = UInt64(wall * 1e9)
    total.cpuSeconds = cpu
    processes[0].cpuSeconds = cpu
    for second in 0..<Int(wall) {
      curves.cpu.add(cpu / wall, from: UInt64(second) * 1_000_000_000, to: UInt64(second + 1) * 1_000_000_000)
    }
    guard !path.isEmpty else { return }
    var span = SpanUsage()
    span.path = path
    span.name = path.last ?? ""
    span.durations.add(UInt64(wall * 1e9))
    span.place = SourcePlace(file: "/home/me/work.py", line: 10)
    var used = SpanResources()
    used.exactShare = 1
    used.threadCPUNanoseconds = Int64(cpu * 1e9)
    span.resources = used
    spans.append(span)
  }

  mutating func line(_ number: UInt32, _ change: (inout LineUsage) -> Void) {
    var function = FunctionUsage()
    function.file = "/home/me/work.py"
    function.name = "work"
    function.firstLine = 10
    var line = LineUsage(line: number)
    change(&line)
    function.lines = [line]
    functions.append(function)
  }
}
