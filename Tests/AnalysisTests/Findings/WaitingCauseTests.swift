import StripModel
import StripRecording
import Testing

@testable import StripAnalysis

/// A cause is named when what shows it was measured, and ruled out when it was measured to be next to nothing.
@Suite struct WaitingCauseTests {
  /// Ten seconds of one thread with that much CPU time; the machine was short of everything.
  private func starved(
    cpu: Double, delay: Double? = nil, blocked: Double? = nil, stopped: Double? = nil
  ) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: cpu, of: 10)
    summary.machineUse.cpuSomePressureSeconds = 9
    summary.machineUse.ioSomePressureSeconds = 9
    summary.machineUse.memorySomePressureSeconds = 9
    summary.total.usage[.involuntarySwitches] = 5000
    func nanoseconds(_ seconds: Double?) -> Int64? { seconds.map { Int64($0 * 1e9) } }
    summary.processes[0].last[.runDelay] = nanoseconds(delay)
    summary.processes[0].last[.blockedTime] = nanoseconds(blocked)
    summary.processes[0].last[.stoppedTime] = nanoseconds(stopped)
    return summary
  }

  private func words(_ sentence: FindingSentence?) -> String {
    sentence?.parts.map { part in
      switch part {
      case .words(let words): words
      case .name(let name): name
      case .path(let path): path.joined(separator: " > ")
      case .place(let place): "\(place.file):\(place.line)"
      case .amount(.seconds(let seconds)): "\(seconds) s"
      case .amount(let amount): "\(amount)"
      case .signal(let signal): "signal \(signal)"
      }
    }.joined() ?? ""
  }

  private func said(_ finding: Finding?) -> String { words(finding?.sentence) }
  private func why(_ finding: Finding?) -> String { words(finding?.reason) }

  private func figure(_ name: String, _ finding: Finding?) -> Double? {
    switch finding?.figures.first(where: { $0.name == name })?.amount {
    case .bytes(let value), .seconds(let value), .share(let value), .count(let value): value
    case nil: nil
    }
  }

  // MARK: waiting

  @Test func `pressure of the machine names no cause`() {
    let finding = WaitingFinding.find(in: starved(cpu: 0.4))
    #expect(said(finding).hasSuffix("; what it waited for was not recorded"))
    #expect(why(finding).contains("was not measured"))
    #expect(figure("machine_cpu_pressure_seconds", finding) == 9)
    #expect(figure("run_delay_seconds", finding) == nil)
    #expect(ContentionFinding.find(in: starved(cpu: 0.4)) == nil)
  }

  @Test func `a sleeper on a busy machine is no one who waited for a CPU`() {
    let finding = WaitingFinding.find(in: starved(cpu: 0.4, delay: 0.05, blocked: 0, stopped: 0))
    #expect(said(finding).hasSuffix("; what it waited for was not recorded"))
    #expect(why(finding).contains("0.05 s waiting for a CPU, 0.0 s blocked in the kernel and 0.0 s stopped"))
    #expect(finding?.confidence == .high)
    #expect(ContentionFinding.find(in: starved(cpu: 0.4, delay: 0.05)) == nil)
  }

  @Test func `run-queue delay is named, and what it leaves is not`() throws {
    let summary = starved(cpu: 2, delay: 6, blocked: 0, stopped: 0)
    let finding = try #require(WaitingFinding.find(in: summary))
    #expect(words(finding.sentence).contains(": it wanted a CPU and had none for 6.0 s, and was asleep for 2.0 s"))
    #expect(figure("unexplained_seconds", finding) == 2)
    let contention = try #require(ContentionFinding.find(in: summary))
    #expect(figure("run_delay_share", contention) == 0.75)
  }

  @Test func `of several threads what is left cannot be told`() throws {
    var summary = starved(cpu: 1, delay: 20, blocked: 0)
    summary.processes[0].peaks[.threads] = 8
    let finding = try #require(WaitingFinding.find(in: summary))
    #expect(finding.confidence == .medium)
    #expect(figure("unexplained_seconds", finding) == nil)
  }

  @Test func `stopped time is named in both`() throws {
    let summary = starved(cpu: 0.4, delay: 0, blocked: 0, stopped: 8)
    #expect(said(WaitingFinding.find(in: summary)).contains("was stopped for 8.0 s"))
    #expect(figure("stopped_seconds", StoppedFinding.find(in: summary)) == 8)
    #expect(StoppedFinding.find(in: starved(cpu: 0.4, stopped: 0.2)) == nil)
  }

  @Test func `blocked time with pages from the disk is disk, without them it stays unnamed`() {
    var summary = starved(cpu: 0.4, delay: 0, blocked: 8, stopped: 0)
    #expect(DiskWaitFinding.find(in: summary) == nil)
    #expect(said(WaitingFinding.find(in: summary)).contains("blocked in the kernel for 8.0 s (unint"))
    summary.total.usage[.majorFaults] = 900
    #expect(said(DiskWaitFinding.find(in: summary)).contains("pages came from the disk"))
    #expect(DiskWaitFinding.find(in: summary)?.confidence == .medium)
  }

  // MARK: contention

  @Test func `a program that had half of a CPU on a full machine was held back`() throws {
    var summary = starved(cpu: 5.5, delay: 4.4)
    summary.machine.logicalCPUs = 2
    summary.machine.busyShare = 1
    let finding = try #require(ContentionFinding.find(in: summary))
    #expect(WaitingFinding.find(in: summary) == nil)
    #expect(words(finding.sentence).contains("with other work"))
    #expect(finding.confidence == .high)
    summary.machine.busyShare = 0.5
    let quiet = said(ContentionFinding.find(in: summary))
    #expect(!quiet.contains("busy"))
    #expect(ContentionFinding.find(in: starved(cpu: 9, delay: 0.6)) == nil)
  }

  @Test func `what was not measured of a process that worked makes it a lower bound`() throws {
    var summary = starved(cpu: 5.5, delay: 4.4)
    var other = summary.processes[0]
    other.last[.runDelay] = nil
    summary.processes.append(other)
    #expect(try #require(ContentionFinding.find(in: summary)).confidence == .medium)
  }

  // MARK: limits of processes

  private func limited(_ change: (inout ProcessUsage) -> Void) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    change(&summary.processes[0])
    summary.limits = [
      (LimitUse.Kind.addressSpace, "RLIMIT_AS"), (.descriptors, "RLIMIT_NOFILE"), (.cpuTime, "RLIMIT_CPU"),
    ]
    .compactMap { summary.processes[0].limits.use($0.0, $0.1, of: summary.processes[0], tasks: 1) }
    return summary
  }

  @Test func `nine tenths of a limit are told, less is not`() {
    let near = limited { process in
      process.limits.addressSpaceBytes = 1000 << 20
      process.limits.peakVirtualBytes = 950 << 20
    }
    #expect(figure("share", ResourceLimitFinding.find(in: near)) == 0.95)
    let far = limited { process in
      process.limits.descriptors = 100
      process.limits.peakDescriptors = 80
      process.limits.addressSpaceBytes = 1 << 40
      process.limits.peakVirtualBytes = 1 << 30
    }
    #expect(ResourceLimitFinding.find(in: far) == nil)
  }

  @Test(arguments: [(24, true), (9, true), (25, true), (11, false)] as [(Int32, Bool)])
  func `a signal of a limit names the limit`(signal: Int32, isNamed: Bool) throws {
    var summary = limited { process in
      process.limits.cpuSeconds = 5
      process.limits.fileSizeBytes = 1 << 20
      process.exit = .signal(signal, coreDumped: false)
    }
    summary.run.exit = .signal(signal, coreDumped: false)
    let text = said(KilledFinding.find(in: summary))
    #expect(text.contains("RLIMIT_") == isNamed, "\(text)")
  }

  @Test func `limits of a child and limits that change meanwhile are its own`() {
    var told = BookRecording()
    var summarizer = Summarizer()
    told.begin(&summarizer)
    told.process(10, parent: 1, &summarizer)
    told.note("limits", [Annotation("pid", 10), Annotation("descriptors", 1024)], &summarizer)
    told.read(10, [.virtualSize: 900 << 20, .descriptors: 5], &summarizer)
    told.advance()
    told.process(11, parent: 10, &summarizer)
    told.read(11, [.virtualSize: 900 << 20, .descriptors: 500], &summarizer)
    told.advance()
    // Another program, and a limit below what the one before had.
    told.read(11, [.virtualSize: 100 << 20, .descriptors: 7], &summarizer)
    told.note(
      "process limits", of: 11, [Annotation("pid", 11), Annotation("address_space_bytes", 400 << 20)], &summarizer)
    told.advance()
    told.read(11, [.virtualSize: 300 << 20], &summarizer)
    told.advance()
    told.read(10, [.descriptors: 6], &summarizer)
    let limits = summarizer.finished().limits.filter { $0.source != .machine }
    #expect(limits.map(\.kind) == [.addressSpace, .descriptors])
    #expect(limits.map(\.pid) == [11, 10])
    #expect(limits.first?.peak == Double(300 << 20))
  }

  // MARK: other groups

  @Test func `a quota of another group is told of who stood in it`() throws {
    var summary = RecordingSummary.ordinary
    var group = OtherCgroupUse()
    (group.group, group.pid, group.quotaCPUs, group.quotaFile) = ("/child", 7, 0.2, "cpu.cfs_quota_us")
    (group.periods, group.throttledPeriods, group.throttledSeconds) = (90, 80, 6)
    summary.otherCgroups = [group]
    let finding = try #require(ThrottledFinding.find(in: summary))
    #expect(words(finding.sentence).contains("/child"))
    #expect(words(finding.sentence).contains("(PID 7)"))
  }
}
