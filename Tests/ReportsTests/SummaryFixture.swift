import StripReader
@testable import StripAnalysis
import StripModel
import StripRecording

/// Hand-made summaries, each a case that a report must show well.
enum SummaryFixture: String, CaseIterable {
  case training, nasty, crowd, machine, survey, nothing, python, native

  var summary: RecordingSummary {
    switch self {
    case .training: Self.trainingRun
    case .nasty: Self.killedRecorder
    case .crowd: Self.crowdedRun
    case .machine: Self.wholeDay
    case .survey: Self.surveyedMachine
    case .nothing: RecordingSummary()
    case .python: Self.pythonRun
    case .native: Self.nativeRun
    }
  }

  static let second: UInt64 = 1_000_000_000
  static let mebibyte: Int64 = 1 << 20
  static let start: UInt64 = 5000 * second

  /// A run that went well: two processes, spans, all figures known.
  private static var trainingRun: RecordingSummary {
    var summary = base(wall: 12_400_000_000)
    summary.run.command = ["python3", "train.py", "--epochs", "3", "--note", "it's fine"]
    summary.run.exit = .code(0)
    summary.run.endReason = "command ended"
    summary.processes = [
      process(
        100, parent: 99, ["python3", "train.py", "--epochs", "3"], cpu: 2.5, peak: 812 * mebibyte, start: 0, end: 12.4,
        .code(0)),
      process(
        101, parent: 100, ["python3", "-m", "worker"], cpu: 0.6, peak: 64 * mebibyte, start: 1.25, end: 9, .code(3)),
    ]
    summary.total.cpuSeconds = 3.1
    summary.total.userSeconds = 2.75
    summary.total.systemSeconds = 0.35
    summary.total.peakResidentBytes = 812 * mebibyte
    summary.total.peakResidentAtSeconds = 8.2
    summary.total.usage = summary.processes[0].last
    summary.total.processCount = 2
    summary.total.greatestProcessCount = 2
    for second in 0..<12 {
      let from = start + UInt64(second) * self.second
      let to = from + self.second
      let resident = min(second + 1, 8) * 100 + (second == 8 ? 12 : 0)
      summary.curves.cpu.add(second == 5 ? 1.03 : Double(second % 4) / 10, from: from, to: to)
      summary.curves.resident.add(Double(resident << 20), from: from, to: to)
      summary.curves.diskRead.add(0, from: from, to: to)
      if second < 4 || second > 6 { summary.curves.diskWrite.add(second == 3 ? 64e6 : 1e4, from: from, to: to) }
      summary.curves.machineCPU.add(0.25, from: from, to: to)
    }
    summary.spans = [
      span(["train"], calls: 1, 12_000_000_000, own: 1_500_000_000), span(["train", "load"], calls: 3, 500_000_000),
      span(["train", "step"], calls: 300, 30_000_000, open: 1), span(["train", "step", "forward"], calls: 300, 12_345),
    ]
    return summary
  }

  /// A program that says more of itself: resources of spans, lines, curves, marks.
  private static var pythonRun: RecordingSummary {
    var summary = trainingRun
    summary.spans = [
      used(span(["train"], calls: 1, 12_000_000_000, own: 1_500_000_000), cpu: 2_400_000_000, growth: 812 * mebibyte),
      used(span(["train", "load"], calls: 3, 500_000_000), cpu: 420_000_000, growth: -3 * mebibyte, io: 64 << 20),
      used(span(["train", "step"], calls: 300, 30_000_000, open: 1), cpu: 1_900_000_000, growth: 0),
      used(span(["train", "step", "forward"], calls: 3000, 12_345), cpu: 36_000_000, growth: 4096, exact: 0.2),
      span(["fetch"], calls: 12, 250_000_000), span(["fetch", "parse"], calls: 12, 1_000_000),
    ]
    summary.spans[1].exceptions = [
      ExceptionCount(type: "ValueError", count: 2), ExceptionCount(type: "OSError", count: 1),
    ]
    summary.spans[1].slowestArguments = [
      SpanArgument(name: "path", value: .text("a.csv")), SpanArgument(name: "row", value: .integer(-7)),
      SpanArgument(name: "share", value: .real(0.25)), SpanArgument(name: "last", value: .flag(true)),
      SpanArgument(name: "shape", value: .texts(["3", "4"])),
    ]
    summary.spans[3].folded = FoldedCalls(count: 2000, sinceSeconds: 1.2)
    summary.spans[3].isSelfEstimated = true
    summary.spans[2].isSelfEstimated = true
    summary.spans[2].resumed = 100
    summary.spans[2].leftOpen = 3
    for index in 0...3 { summary.spans[index].place = SourcePlace(file: "/home/me/train.py", line: Int64(80 + index)) }
    for index in 4...5 { summary.spans[index].isTask = true }
    summary.functions = [hotFunction, longFunction]
    var loss = UserCounter()
    loss.name = "loss"
    loss.pid = 100
    loss.curve = Curve(start: start)
    for second in 0..<12 {
      let from = start + UInt64(second) * self.second
      loss.curve.add(0.1 + 2.3 / Double(second + 1), from: from, to: from + self.second)
    }
    (loss.count, loss.first, loss.last, loss.least, loss.greatest) = (1200, 2.4, 0.1023, 0.1019, 2.4)
    (loss.mean, loss.isMeanWeighted) = (0.6948, true)
    var rate = UserCounter()
    (rate.name, rate.pid, rate.count, rate.last, rate.greatest, rate.mean) = ("learning rate", 101, 1, 3e-5, 3e-5, 3e-5)
    summary.counters = [loss, rate]
    summary.marks = (0..<13).map { index in
      var mark = UserMark(text: "epoch \(index)", atSeconds: Double(index) * 0.9)
      mark.pid = 100
      mark.thread = "MainThread"
      if index == 3 { mark.arguments = [SpanArgument(name: "best", value: .flag(true))] }
      return mark
    }
    summary.markCount = 5000
    var library = LibraryUsage()
    library.pid = 100
    library.library = "CPython 3.12.1"
    (library.boundNanoseconds, library.readingNanoseconds) = (137_000, 2700)
    (library.eventNanoseconds, library.lineNanoseconds) = (66, 40)
    (library.events, library.foldedCalls, library.readings, library.lineHits) = (8000, 2000, 2500, 100_000)
    summary.libraries = [library]
    summary.misuses = [Misuse(pid: 100, kind: "ended twice", name: "step", count: 3)]
    summary.unmatchedPatterns = [
      UnmatchedPattern(option: "lines", pattern: "trian.py", near: ["train.py", "train_all.py"])
    ]
    return summary
  }

  private static var hotFunction: FunctionUsage {
    var function = FunctionUsage()
    function.file = "/home/me/train.py"
    function.name = "Trainer.step"
    function.firstLine = 88
    function.source = [
      "    def step(self, rows):", "        out = []", "        for row in rows:",
      "            out.append(self.forward(row))  # the \u{1b}[31mhot\u{1b}[0m one", "", "        if self.debug:",
      "\t\tprint(out)", "        return out",
    ]
    function.isSourceAmbiguous = true
    for (line, hits, own) in [
      (89, 300, 90_000), (90, 300_000, 1_200_000_000), (91, 299_700, 7_700_000_000), (93, 300, 33_000),
      (95, 299, 21_000),
    ] as [(UInt32, UInt64, UInt64)] {
      var usage = LineUsage(line: line)
      usage.hits = hits
      usage.selfNanoseconds = own
      usage.totalNanoseconds = own * 2
      usage.greatestNanoseconds = own / hits * 3
      usage.cpuNanoseconds = Int64(own) * 9 / 10
      function.lines.append(usage)
    }
    function.lines[2].residentGrowthBytes = 700 * mebibyte
    function.lines[2].storageBytes = 8192
    function.lines[2].openSinceSeconds = 12.399
    return function
  }

  /// More lines than a report shows, and no text of them.
  private static var longFunction: FunctionUsage {
    var function = FunctionUsage()
    function.file = "/home/me/long.py"
    function.name = "long"
    function.firstLine = 1
    function.source = (1...200).map { $0 == 50 ? nil : "line(\($0))" }
    for line in stride(from: 3 as UInt32, to: 190, by: 9) {
      var usage = LineUsage(line: line)
      usage.hits = 1
      usage.selfNanoseconds = UInt64(line % 7) * 1000
      function.lines.append(usage)
    }
    return function
  }

  static func used(
    _ span: SpanUsage, cpu: Int64, growth: Int64, io: Int64 = 0, exact: Double = 1
  ) -> SpanUsage {
    var span = span
    var used = SpanResources()
    used.exactShare = exact
    used.threadCPUNanoseconds = cpu
    used.selfThreadCPUNanoseconds = cpu / 2
    used.processCPUNanoseconds = cpu * 2
    used.residentGrowthBytes = growth
    used.selfResidentGrowthBytes = 0
    used.peakResidentBytes = 812 * mebibyte
    used.readBytes = io
    used.writeBytes = 0
    used.storageBytes = io
    used.minorFaults = 12
    span.resources = used
    return span
  }

  /// A recorder that was killed, a damaged file, and names that try to act on the terminal.
  private static var killedRecorder: RecordingSummary {
    var summary = base(wall: 12_300_000_000)
    summary.path = "/tmp/\u{1b}]0;title\u{7}\n.pftrace"
    summary.ending = .damaged(at: 123_456)
    summary.run.command = [
      "./\u{1b}[31mred", "new\nline", "quo\"te's", "", "\u{9b}2J", "\u{202e}gpj.exe", "日本語", "e\u{301}", "back\\slash",
    ]
    summary.machine.host = "evil\u{8}host"
    summary.machine.cpuModel = nil
    summary.machine.memoryBytes = nil
    summary.recorder.cpuSeconds = nil
    summary.recorder.late = nil
    var process = process(7, parent: 1, summary.run.command, cpu: 1, peak: mebibyte, start: -86_400 * 3, end: nil, nil)
    process.name = "\u{0}\u{1}\u{7f}"
    process.workingDirectory = "/a\tb"
    process.cpuSeconds = nil
    process.peakResidentBytes = nil
    process.last = ProcessSample()
    summary.processes = [
      process, self.process(8, parent: 7, [], cpu: 0, peak: 4096, start: 1, end: 2, .signal(11, coreDumped: true)),
    ]
    summary.processes[1].name = "\u{1b}[2J漢字の名前はとても長いので真ん中で短くされるべきです"
    summary.processes[1].finalReading = "vanished"
    summary.total.processCount = 2
    summary.total.greatestProcessCount = 2
    summary.total.unseenTasksAtMost = 17
    summary.total.unseenCPUSeconds = 0.3
    summary.spans = [span(["=cmd|' /C calc'!A0\r\n"], calls: 2, 1500), span(["\u{2028}open"], calls: 0, 0, open: 2)]
    summary.unmatchedSpanEnds = 1
    summary.spans[0].place = SourcePlace(file: "/\u{1b}]0;t\u{7}/evil\n.py", line: -5)
    summary.spans[0].slowestArguments = [SpanArgument(name: "\u{1b}[2J", value: .text("\u{202e}\u{0}"))]
    summary.spans[0].exceptions = [ExceptionCount(type: "\u{9b}Error", count: 1)]
    var function = FunctionUsage()
    function.file = "\u{7f}.py"
    function.name = "\u{1b}[31m日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語"
    function.firstLine = 4_294_967_295
    function.source = ["\u{202e}x = '\u{1b}]0;title\u{7}'\t\r"]
    function.lines = [LineUsage(line: 4_294_967_295), LineUsage(line: 1)]
    function.lines[1].hits = .max
    function.lines[1].selfNanoseconds = .max
    function.lines[1].residentGrowthBytes = .min
    summary.functions = [function, FunctionUsage()]
    summary.stacks = nastyStacks
    var counter = UserCounter()
    (counter.name, counter.count, counter.last) = ("\u{1b}[1mbold\n", 1, -1.5e300)
    (counter.least, counter.greatest, counter.mean) = (-1.5e300, .leastNonzeroMagnitude, .infinity)
    summary.counters = [counter]
    summary.marks = [UserMark(text: "\u{1b}c\u{200b}", atSeconds: -1)]
    summary.marks[0].thread = "\u{8}thread"
    summary.markCount = 1
    summary.misuses = [Misuse(pid: nil, kind: "\u{1b}[5m", name: "\n", count: .max)]
    summary.unmatchedPatterns = [
      UnmatchedPattern(option: "lines", pattern: "\u{1b}[0m'", near: ["\u{2029}"])
    ]
    var library = LibraryUsage()
    library.library = "\u{1b}[31mC"
    summary.libraries = [library, LibraryUsage()]
    summary.recorder.refusedChunks = 4
    summary.missing = [
      MissingFact(pid: 1, probe: "io", reason: "permission denied", needs: "run as that user or with CAP_SYS_PTRACE"),
      MissingFact(pid: nil, probe: "pressure", reason: "not in this kernel\u{1b}", needs: nil),
    ]
    summary.missing += (10..<20).map {
      MissingFact(pid: $0, probe: "smaps_rollup", reason: "permission denied", needs: nil)
    }
    return summary
  }

  /// More processes than a table holds.
  private static var crowdedRun: RecordingSummary {
    var summary = base(wall: 2_000_000_000)
    summary.run.command = ["make", "-j16"]
    summary.run.exit = .signal(9, coreDumped: false)
    summary.run.endReason = "command ended"
    for index in 0..<40 {
      let begin = Double(index) / 20
      summary.processes.append(
        process(
          1000 + Int32(index), parent: 999, ["cc", "-c", "file\(index).c"], cpu: Double(index) / 100,
          peak: Int64(index) * mebibyte, start: begin, end: begin + 0.01, .code(0)))
    }
    summary.total.cpuSeconds = 7.8
    summary.total.processCount = 40
    summary.total.greatestProcessCount = 16
    return summary
  }

  private static var wholeDay: RecordingSummary {
    var summary = base(wall: 86_400_000_000_000)
    summary.run.mode = "system"
    summary.run.endReason = "interrupted"
    for hour in 0..<24 {
      let from = start + UInt64(hour) * 3600 * second
      summary.curves.machineCPU.add(Double(hour) / 24, from: from, to: from + 3600 * second)
    }
    return summary
  }

  static func base(wall: UInt64) -> RecordingSummary {
    var summary = RecordingSummary()
    summary.path = "train-100.pftrace"
    summary.fileBytes = 1_234_567
    summary.run.mode = "run"
    summary.run.version = "0.1.0"
    summary.run.interval = "auto"
    summary.run.workingDirectory = "/home/me"
    summary.run.start = start
    summary.run.end = start + wall
    summary.run.realtimeOffset = 1_772_323_199_999_999_000 - Int64(start)
    summary.machine.host = "box"
    summary.machine.kernel = "Linux 6.12.0"
    summary.machine.cpuModel = "Example CPU @ 3.00GHz"
    summary.machine.physicalCPUs = 8
    summary.machine.logicalCPUs = 16
    summary.machine.memoryBytes = 32 << 30
    summary.machine.swapBytes = 0
    summary.machine.busyShare = 0.34
    summary.machine.leastAvailableBytes = 3 << 30
    summary.recorder.cpuSeconds = 0.0123
    summary.recorder.residentBytes = 9 * mebibyte
    summary.recorder.ticks = 1240
    summary.recorder.late = 3
    summary.recorder.skipped = 0
    summary.recorder.probes = [
      .init(name: "io", reads: 1240, readsPerSecond: 100, meanNanoseconds: 1900),
      .init(name: "smaps_rollup", reads: 12, readsPerSecond: 0.968, meanNanoseconds: 120_000),
    ]
    summary.curves = Curves(start: start)
    return summary
  }

  static func process(
    _ pid: Int32, parent: Int32, _ command: [String], cpu: Double, peak: Int64, start: Double, end: Double?,
    _ exit: ProgramExit?
  ) -> ProcessUsage {
    var process = ProcessUsage()
    process.pid = pid
    process.parentPID = parent
    process.command = command
    process.name = command.first ?? ""
    process.cpuSeconds = cpu
    process.userSeconds = cpu
    process.systemSeconds = 0
    process.peakResidentBytes = peak
    process.startSeconds = start
    process.firstSeenSeconds = max(start, 0)
    process.endSeconds = end
    process.exit = exit
    process.finalReading = exit == nil ? nil : "waited"
    process.last[.readBytes] = 1 << 20
    process.last[.writeBytes] = 64 << 20
    process.last[.readCalls] = 12
    process.last[.writeCalls] = 34
    process.peaks[.threads] = 4
    process.peaks[.virtualSize] = 2 << 30
    return process
  }

  static func span(_ path: [String], calls: Int, _ nanoseconds: UInt64, own: UInt64? = nil, open: UInt64 = 0)
    -> SpanUsage
  {
    var span = SpanUsage()
    span.name = path.last ?? ""
    span.path = path
    for call in 0..<calls { span.durations.add(nanoseconds + UInt64(call)) }
    span.selfNanoseconds = own ?? span.durations.sum
    span.open = open
    return span
  }
}
