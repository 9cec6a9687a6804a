import StripModel
import Testing

@testable import StripAnalysis

@Suite struct LimitFindingTests {
  private static let mebibyte = 1_048_576.0

  /// A run of a hundred seconds in a group that may hold 1000 MiB; its memory goes from `first` to `last` MiB.
  private func limited(from first: Double, to last: Double, cache: Double = 0) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    summary.run.end = 100_000_000_000
    summary.run.exit = nil
    summary.total.peakResidentBytes = Int64(last * Self.mebibyte)
    for second in 0..<100 as Range<UInt64> {
      let value = (first + (last - first) * Double(second) / 99) * Self.mebibyte
      summary.curves.cgroupMemory.add(value, from: second * 1_000_000_000, to: (second + 1) * 1_000_000_000)
      summary.curves.resident.add(value, from: second * 1_000_000_000, to: (second + 1) * 1_000_000_000)
    }
    var limit = LimitUse(.memory, .cgroup(group: "/job", file: "memory.max"), limit: 1000 * Self.mebibyte)
    limit.peak = (last + cache) * Self.mebibyte
    limit.current = limit.peak
    limit.forecast = LimitUse.Forecast(
      LimitBook.slope(of: summary.curves.cgroupMemory), room: (1000 - last) * Self.mebibyte)
    var machine = LimitUse(.memory, .machine, limit: 16384 * Self.mebibyte)
    machine.peak = 2000 * Self.mebibyte
    summary.limits = [limit, machine]
    var use = CgroupUse()
    use.group = "/job"
    use.memoryPeakBytes = Int64((last + cache) * Self.mebibyte)
    use.heldPeakBytes = Int64(last * Self.mebibyte)
    use.last.resident = use.memoryPeakBytes
    use.last.file = Int64(cache * Self.mebibyte)
    summary.cgroup = use
    return summary
  }

  private func figure(_ name: String, _ finding: Finding?) -> Double? {
    switch finding?.figures.first(where: { $0.name == name })?.amount {
    case .bytes(let value), .seconds(let value), .share(let value), .count(let value): value
    case nil: nil
    }
  }

  private func words(_ finding: Finding?) -> String {
    finding?.sentence.parts.map { part in
      switch part {
      case .words(let words): words
      case .name(let name): name
      case .path(let path): path.joined(separator: " > ")
      case .place(let place): "\(place.file):\(place.line)"
      case .amount(let amount): "\(amount)"
      case .signal(let signal): "signal \(signal)"
      }
    }.joined() ?? ""
  }

  // MARK: near a limit

  @Test func `memory near the group's limit is told with the limit and the time that is left`() throws {
    let summary = limited(from: 100, to: 950)
    #expect(summary.memoryLimit?.limit == 1000 * Self.mebibyte)
    let finding = try #require(MemoryLimitFinding.find(in: summary))
    #expect(words(finding).contains("/job"))
    #expect(words(finding).contains("memory.max"))
    #expect(figure("limit_bytes", finding) == 1000 * Self.mebibyte)
    // 850 MiB in 99 seconds: 50 more take 5.8.
    let left = try #require(figure("left_seconds", finding))
    #expect(abs(left - 5.82) < 0.1)
    #expect(try #require(figure("left_low_seconds", finding)) <= left)
    #expect(try #require(figure("left_high_seconds", finding)) >= left)
  }

  @Test func `memory that is still far and will be at the limit soon is told too`() {
    #expect(MemoryLimitFinding.find(in: limited(from: 100, to: 700)) != nil)
    #expect(MemoryLimitFinding.find(in: limited(from: 300, to: 350)) == nil)
  }

  @Test func `a page cache that fills the group does no harm`() {
    #expect(MemoryLimitFinding.find(in: limited(from: 300, to: 300, cache: 700)) == nil)
  }

  @Test func `a group that may hold more than the machine has is not the limit`() {
    var summary = limited(from: 100, to: 950)
    summary.limits[0].limit = 1e15
    #expect(summary.memoryLimit?.source == .machine)
    #expect(summary.cgroupMemoryLimit == nil)
    #expect(MemoryLimitFinding.find(in: summary) == nil)
  }

  @Test func `who has ended gets no forecast`() {
    var summary = limited(from: 100, to: 700)
    summary.run.exit = .code(0)
    #expect(MemoryLimitFinding.find(in: summary) == nil)
  }

  // MARK: killed

  private func killed(_ change: (inout RecordingSummary) -> Void = { _ in }) -> RecordingSummary {
    var summary = limited(from: 100, to: 1000)
    summary.run.exit = .signal(9, coreDumped: false)
    summary.processes[0].exit = .signal(9, coreDumped: false)
    summary.processes[0].endSeconds = 100
    summary.processes[0].lastMemory.resident = Int64(900 * Self.mebibyte)
    summary.cgroup?.outOfMemoryKills = 1
    change(&summary)
    return summary
  }

  @Test func `a kill that the group counted names the limit, who held the memory and when it was foreseen`() throws {
    var summary = killed()
    var worker = summary.processes[0]
    worker.pid = 8
    worker.exit = nil
    worker.endSeconds = nil
    worker.lastMemory.resident = Int64(60 * Self.mebibyte)
    summary.processes.append(worker)
    let finding = try #require(KilledFinding.find(in: summary))
    #expect(finding.confidence == .high)
    let text = words(finding)
    #expect(text.contains("out of memory in control group /job"))
    #expect(text.contains("program (PID 7) held"))
    #expect(text.contains("one other"))
    #expect(figure("limit_bytes", finding) == 1000 * Self.mebibyte)
    #expect(figure("cgroup_oom_kills", finding) == 1)
    // A line from the first second on: it could be foreseen nearly at once.
    #expect(try #require(figure("foreseen_earlier_seconds", finding)) > 60)
    // The same answer twice is none.
    #expect(!Findings.all(of: summary).contains { $0.kind == .memoryLimit })
  }

  @Test func `the kernel's log decides who was killed and by which limit`() throws {
    let finding = KilledFinding.find(
      in: killed { summary in
        summary.cgroup?.outOfMemoryKills = nil
        var record = OutOfMemoryRecord()
        record.pid = 7
        record.limitGroup = "/above"
        summary.outOfMemoryKills = [record]
      })
    #expect(words(finding).contains("control group /above"))
    #expect(!words(finding).contains("which may hold"))
    #expect(finding?.confidence == .high)
  }

  @Test func `a log that names another process leaves a plain signal`() {
    let finding = KilledFinding.find(
      in: killed { summary in
        summary.cgroup?.outOfMemoryKills = 0
        var record = OutOfMemoryRecord()
        record.pid = 4711
        summary.outOfMemoryKills = [record]
      })
    #expect(!words(finding).contains("memory in"))
    #expect(figure("limit_bytes", finding) == nil)
  }

  @Test func `a worker's kill names its own open span`() throws {
    var summary = killed { summary in
      summary.run.exit = .code(1)
      var main = SpanUsage()
      main.path = ["train"]
      main.open = 1
      main.openSinceSeconds = 99
      main.openPIDs = [6]
      var worker = SpanUsage()
      worker.path = ["load", "decode"]
      worker.open = 1
      worker.openSinceSeconds = 5
      worker.openPIDs = [7]
      summary.spans = [main, worker]
    }
    #expect(KilledFinding.find(in: summary)?.path == ["load", "decode"])
    summary.spans.removeLast()
    #expect(KilledFinding.find(in: summary)?.path == [])
  }

  @Test func `growth that came at once was not foreseen`() {
    var summary = killed()
    summary.curves = Curves(start: 0)
    for second in 0..<100 as Range<UInt64> {
      summary.curves.cgroupMemory.add(
        (second < 99 ? 100 : 1000) * Self.mebibyte, from: second * 1_000_000_000, to: (second + 1) * 1_000_000_000)
    }
    #expect(figure("foreseen_earlier_seconds", KilledFinding.find(in: summary)) == nil)
  }

  // MARK: throttled, refused

  private func throttled(_ share: Double, lost: Double) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    var use = CgroupUse()
    use.periods = 100
    use.throttledPeriods = Int64(share * 100)
    use.throttledSeconds = lost
    summary.cgroup = use
    summary.limits = [LimitUse(.cpu, .cgroup(group: "/job", file: "cpu.max"), limit: 0.5)]
    summary.use(cpu: 5, of: 10, in: ["work", "solve"])
    return summary
  }

  @Test func `a quota that stops the program is told with the span that lost most`() throws {
    var summary = throttled(0.8, lost: 6)
    summary.curves.throttled.add(0.6, from: 0, to: 10_000_000_000)
    var grid = ActivityGrid()
    grid.add(0, from: 0, to: 10_000_000_000)
    summary.spans[0].inside = CurvesInside(summary.curves, [], grid, path: 0)
    let finding = try #require(ThrottledFinding.find(in: summary))
    #expect(finding.path == ["work", "solve"])
    #expect(figure("throttled_share", finding) == 0.8)
    #expect(figure("quota_cpus", finding) == 0.5)
    #expect(words(finding).contains("/job"))
  }

  @Test func `a quota that seldom stops it is none, and neither is a short run`() {
    #expect(ThrottledFinding.find(in: throttled(0.05, lost: 6)) == nil)
    #expect(ThrottledFinding.find(in: throttled(0.8, lost: 0.1)) == nil)
    var summary = throttled(0.8, lost: 6)
    summary.cgroup?.periods = 3
    #expect(ThrottledFinding.find(in: summary) == nil)
    summary.cgroup = nil
    #expect(ThrottledFinding.find(in: summary) == nil)
  }

  @Test func `time lost to the quota is what it waited for`() throws {
    var summary = throttled(0.8, lost: 6)
    summary.total.cpuSeconds = 2
    summary.machineUse.cpuSomePressureSeconds = 6
    #expect(words(WaitingFinding.find(in: summary)).contains("CPU quota"))
  }

  @Test func `tasks that could not be made are told with the limit`() {
    var summary = RecordingSummary.ordinary
    #expect(TaskLimitFinding.find(in: summary) == nil)
    summary.cgroup = CgroupUse()
    summary.cgroup?.refusedTasks = 0
    #expect(TaskLimitFinding.find(in: summary) == nil)
    summary.cgroup?.refusedTasks = 3
    summary.limits = [LimitUse(.tasks, .cgroup(group: "/job", file: "pids.max"), limit: 64)]
    #expect(figure("task_limit", TaskLimitFinding.find(in: summary)) == 64)
    #expect(words(TaskLimitFinding.find(in: summary)).contains("/job"))
  }

  // MARK: the last second

  @Test func `what a process held before it gave all back is kept`() {
    var memory = RecentMemory()
    memory.record(ProcessMetric.residentSize, 100, at: 1_000_000_000)
    memory.record(ProcessMetric.residentSize, 900, at: 5_000_000_000)
    // Told only when it changes: until now it was 900.
    memory.record(ProcessMetric.residentSize, 0, at: 60_000_000_000)
    memory.record(ProcessMetric.residentSize, 0, at: 60_000_000_100)
    #expect(memory.held.resident == 900)
    for second in 61...63 as ClosedRange<UInt64> {
      memory.record(ProcessMetric.residentSize, Int64(second), at: second * 1_000_000_000)
    }
    #expect(memory.held.resident == 63)
    #expect(memory.held.anonymous == nil)
  }
}
