import StripReader
import StripModel
import StripRecording
import Testing

@testable import StripAnalysis

@Suite struct WorkFindingTests {
  @Test func `an ordinary run has no findings`() {
    #expect(Findings.all(of: .ordinary).isEmpty)
    #expect(Findings.all(of: RecordingSummary()).map(\.kind) == [.recorderTrouble])
  }

  // MARK: one thread

  @Test func `one busy CPU beside idle ones is one thread, with its span and line`() throws {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: 9.8, of: 10, in: ["main", "solve"])
    summary.line(17) { $0.cpuNanoseconds = 9_000_000_000 }
    let finding = try #require(OneThreadFinding.find(in: summary))
    #expect(finding.path == ["main", "solve"])
    #expect(finding.place?.line == 17)
    #expect(finding.confidence == .high)
    summary.processes[0].peaks[.threads] = 3
    #expect(OneThreadFinding.find(in: summary)?.confidence == .medium)
  }

  @Test func `a program on several CPUs, or one on a busy machine, is not held back by one thread`() {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: 30, of: 10)
    #expect(OneThreadFinding.find(in: summary) == nil)
    summary = .ordinary
    summary.use(cpu: 9.8, of: 10)
    summary.machine.busyShare = 0.97
    #expect(OneThreadFinding.find(in: summary) == nil)
    summary = .ordinary
    summary.use(cpu: 0.5, of: 0.5)
    #expect(OneThreadFinding.find(in: summary) == nil)
  }

  @Test func `processes that take turns are not one thread`() {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: 9.8, of: 10)
    summary.processes[0].cpuSeconds = 4.9
    #expect(OneThreadFinding.find(in: summary) == nil)
  }

  // MARK: a hot line

  /// So many of 1000 samples of one line, the others of as many lines as it takes.
  private func sampled(_ own: UInt64) -> StackUsage {
    var stacks = StackUsage()
    stacks.periodNanoseconds = 1_000_000
    stacks.samples = 1000
    var function = FunctionUsage()
    (function.file, function.name, function.isSampled) = ("/src/hot.swift", "solve(_:)", true)
    function.lines = (1...10).map { LineUsage(line: $0) }
    function.lines[6].hits = own
    stacks.sources = [function]
    return stacks
  }

  @Test func `a line with a quarter of the samples is named, and what keeps the program busy names it once`() throws {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: 30, of: 10)
    summary.stacks = sampled(400)
    let finding = try #require(HotLineFinding.find(in: summary))
    #expect(finding.place == SourcePlace(file: "/src/hot.swift", line: 7))
    #expect(finding.function == "solve(_:)")
    #expect(finding.severity == .limit)
    #expect(finding.figures.contains(FindingFigure("share", .share(0.4))))
    summary = .ordinary
    summary.use(cpu: 9.8, of: 10)
    summary.stacks = sampled(400)
    let found = Findings.all(of: summary)
    #expect(found.map(\.kind) == [.cpuOneThread])
    #expect(found.first?.place?.line == 7)
  }

  @Test func `samples that are few, or spread over many lines, name none`() {
    var summary = RecordingSummary.ordinary
    summary.stacks = sampled(200)
    #expect(HotLineFinding.find(in: summary) == nil)
    summary.stacks = sampled(90)
    summary.stacks?.samples = 99
    #expect(HotLineFinding.find(in: summary) == nil)
    summary.stacks = nil
    #expect(HotLineFinding.find(in: summary) == nil)
  }

  @Test func `a share's interval is known for few samples and for all of them`() {
    // Wilson's interval for 10 of 10 is 0.722 to 1, for 500 of 1000 0.469 to 0.531.
    var stacks = sampled(0)
    #expect(abs(stacks.uncertainty(500) - 0.0309) < 0.0002)
    stacks.samples = 10
    #expect(abs(stacks.uncertainty(10) - (1 - 0.7224) / 2) < 0.0005)
  }

  // MARK: waiting

  @Test func `a run that used little CPU time waited, and the span says where`() throws {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: 0.4, of: 10, in: ["fetch"])
    let finding = try #require(WaitingFinding.find(in: summary))
    #expect(finding.path == ["fetch"])
    #expect(finding.confidence == .high)
    #expect(finding.figures.contains(FindingFigure("waited_seconds", .seconds(9.6))))
  }

  @Test func `what works, is short, or was attached to does not wait`() {
    var summary = RecordingSummary.ordinary
    #expect(WaitingFinding.find(in: summary) == nil)
    summary.use(cpu: 0.01, of: 0.5)
    #expect(WaitingFinding.find(in: summary) == nil)
    summary.use(cpu: 0.4, of: 10)
    summary.run.mode = "attach"
    #expect(WaitingFinding.find(in: summary) == nil)
  }

  // MARK: storage

  private func stored(inside: Int64, total: Int64, write: Bool) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    for (path, share) in [(["save"], 1.0), (["save", "shard"], 0.95), (["log"], 0.01)] {
      var span = SpanUsage()
      span.path = path
      span.name = path.last ?? ""
      span.durations.add(1000)
      var used = SpanResources()
      used.exactShare = 1
      used.writeBytes = write ? Int64(Double(inside) * share) : 0
      used.readBytes = write ? 0 : Int64(Double(inside) * share)
      span.resources = used
      summary.spans.append(span)
    }
    summary.total.usage[.writeBytes] = write ? total : 0
    summary.total.usage[.readBytes] = write ? 0 : total
    return summary
  }

  @Test func `the innermost span with most of the writes or reads is named`() throws {
    let writes = try #require(StorageWritesFinding.find(in: stored(inside: 100 << 20, total: 101 << 20, write: true)))
    #expect(writes.path == ["save", "shard"])
    let reads = try #require(StorageReadsFinding.find(in: stored(inside: 100 << 20, total: 101 << 20, write: false)))
    #expect(reads.path == ["save", "shard"])
    #expect(reads.figures.contains(FindingFigure("total_read_bytes", .bytes(101 * 1_048_576))))
  }

  @Test func `a little storage, or what no span did, is no finding`() {
    #expect(StorageWritesFinding.find(in: stored(inside: 1 << 20, total: 1 << 20, write: true)) == nil)
    #expect(StorageWritesFinding.find(in: stored(inside: 100 << 20, total: 200 << 20, write: true)) == nil)
    #expect(StorageReadsFinding.find(in: stored(inside: 100 << 20, total: 200 << 20, write: true)) == nil)
  }

  // MARK: page faults

  @Test func `memory taken again and again is a storm of page faults`() throws {
    var summary = RecordingSummary.ordinary
    summary.total.usage[.minorFaults] = 2_000_000
    summary.processes[0].last[.minorFaults] = 2_000_000
    summary.processes[0].peakResidentBytes = 40 << 20
    #expect(try #require(PageFaultFinding.find(in: summary)).severity == .limit)
    summary.total.usage[.majorFaults] = 5000
    #expect(PageFaultFinding.find(in: summary)?.figures.first?.name == "major_faults")
  }

  @Test func `faults that fill a large memory once are no storm`() {
    var summary = RecordingSummary.ordinary
    summary.total.peakResidentBytes = 8 << 30
    summary.total.usage[.minorFaults] = 2_100_000
    summary.processes[0].last[.minorFaults] = 2_100_000
    summary.processes[0].peakResidentBytes = 8 << 30
    summary.total.usage[.majorFaults] = 50
    #expect(PageFaultFinding.find(in: summary) == nil)
  }

  @Test func `starting thousands of short programs is a storm of processes and none of page faults`() {
    var summary = processes(4000, living: 0.01)
    for index in summary.processes.indices.dropFirst() {
      summary.processes[index].parentPID = 7
      summary.processes[index].last[.minorFaults] = 400
      summary.processes[index].peakResidentBytes = 2 << 20
    }
    // The parent took its own pages again after each fork.
    summary.processes[0].last[.minorFaults] = 1_600_000
    summary.processes[0].peakResidentBytes = 3 << 20
    summary.total.usage[.minorFaults] = 3_200_000
    #expect(PageFaultFinding.find(in: summary) == nil)
    #expect(ProcessStormFinding.find(in: summary) != nil)
  }

  // MARK: processes

  private func processes(_ count: Int, living seconds: Double) -> RecordingSummary {
    var summary = RecordingSummary.ordinary
    for index in 0..<count {
      var process = ProcessUsage()
      process.pid = Int32(100 + index)
      process.name = index.isMultiple(of: 5) ? "sh" : "sed"
      process.startSeconds = Double(index) * 0.01
      process.endSeconds = Double(index) * 0.01 + seconds
      process.cpuSeconds = 0.001
      summary.processes.append(process)
    }
    return summary
  }

  @Test func `many processes of a moment are a storm, and what most of them were is named`() throws {
    let finding = try #require(ProcessStormFinding.find(in: processes(400, living: 0.01)))
    #expect(finding.sentence.parts.contains(.name("sed")))
    #expect(finding.figures.contains(FindingFigure("short_processes", .count(400))))
  }

  @Test func `a few processes, or long ones, are no storm`() {
    #expect(ProcessStormFinding.find(in: processes(20, living: 0.01)) == nil)
    #expect(ProcessStormFinding.find(in: processes(400, living: 2)) == nil)
  }

  // MARK: killed

  @Test func `a killed program names the span and line that ran, and its memory`() throws {
    var story = SpanStory()
    story.begin("train", at: 0, memory: 10)
    story.begin("step", at: 5, memory: 10)
    story.end(at: 20, memory: 20)
    story.begin("step", at: 30, memory: 20)
    var summary = story.told
    summary.run.exit = .signal(9, coreDumped: false)
    summary.curves.resident.add(123_456, from: 0, to: 20_000_000)
    summary.line(42) { $0.openSinceSeconds = 0.03 }
    let finding = try #require(KilledFinding.find(in: summary))
    #expect(finding.severity == .problem)
    #expect(finding.path == ["train", "step"])
    #expect(finding.place?.line == 42)
    #expect(finding.figures.contains(FindingFigure("last_rss_bytes", .bytes(123_456))))
    #expect(finding.confidence == .high)
    summary.machineUse.outOfMemoryKills = 1
    #expect(try #require(KilledFinding.find(in: summary)).confidence == .medium)
  }

  @Test func `a worker that crashed is found though the program went on`() throws {
    var summary = RecordingSummary.ordinary
    summary.processes.append(summary.processes[0])
    summary.processes[1].exit = .signal(11, coreDumped: true)
    summary.processes[1].endSeconds = 3.5
    let finding = try #require(KilledFinding.find(in: summary))
    #expect(finding.atSeconds == 3.5)
    #expect(finding.sentence.parts.contains(.signal(11)))
  }

  @Test func `who ends with a code, or is asked to end, was not killed`() {
    var summary = RecordingSummary.ordinary
    summary.run.exit = .code(1)
    #expect(KilledFinding.find(in: summary) == nil)
    summary.processes[0].exit = .signal(15, coreDumped: false)
    #expect(KilledFinding.find(in: summary) == nil)
    summary.run.exit = .signal(2, coreDumped: false)
    #expect(KilledFinding.find(in: summary)?.severity == .note)
  }

  // MARK: the recorder

  @Test func `lost events, a damaged file and denied readings are told`() throws {
    var summary = RecordingSummary.ordinary
    summary.recorder.refusedChunks = 3
    #expect(try #require(RecorderFinding.find(in: summary)).severity == .problem)
    summary = .ordinary
    summary.ending = .damaged(at: 8192)
    #expect(try #require(RecorderFinding.find(in: summary)).severity == .problem)
    summary = .ordinary
    summary.missing = [MissingFact(pid: 7, probe: "io", reason: "Permission denied", needs: "run as that user")]
    #expect(try #require(RecorderFinding.find(in: summary)).severity == .note)
    summary = .ordinary
    summary.recorder.skipped = 400
    #expect(RecorderFinding.find(in: summary) != nil)
  }

  @Test func `a few late ticks, folded spans, or what the kernel does not have, are no trouble`() {
    var summary = RecordingSummary.ordinary
    summary.recorder.late = 120
    summary.recorder.skipped = 12
    summary.missing = [MissingFact(pid: nil, probe: "pressure", reason: "no such file", needs: nil)]
    summary.use(cpu: 5, of: 10, in: ["hot"])
    summary.spans[0].folded = FoldedCalls(count: 10_000, sinceSeconds: 1)
    #expect(RecorderFinding.find(in: summary) == nil)
  }

  @Test func `problems come before limits, limits before notes`() {
    var summary = RecordingSummary.ordinary
    summary.use(cpu: 0.1, of: 10)
    summary.run.exit = .signal(9, coreDumped: false)
    summary.missing = [MissingFact(pid: 7, probe: "io", reason: "Permission denied", needs: "run as that user")]
    #expect(Findings.all(of: summary).map(\.kind) == [.killed, .waiting, .recorderTrouble])
  }
}
