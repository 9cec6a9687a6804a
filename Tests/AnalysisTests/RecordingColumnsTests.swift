import StripModel
import Testing

@testable import StripAnalysis
@testable import StripReader
@testable import StripRecording

@Suite struct RecordingColumnsTests {
  private func table(_ tables: [ColumnTable], _ name: String) throws -> ColumnTable {
    try #require(tables.first { $0.name == name }, "no table \(name) among \(tables.map(\.name))")
  }

  // MARK: samples

  /// Two processes for three ticks, the machine at the first and the last.
  private func sampled() -> [ColumnTable] {
    var columns = RecordingColumns()
    var recording = BookRecording(start: 50_000_000_000)
    recording.begin(&columns, monotonicOffset: -2_000_000_000)
    recording.process(1, parent: 0, &columns)
    recording.read(1, [.cpuTime: 0, .residentSize: 10 << 20, .readCalls: 5], &columns)
    recording.read(
      "machine", [MachineMetric.userTime: 1000, .idleTime: 9000, .availableSize: 600 << 20, .swapFreeSize: 90 << 20],
      &columns)
    recording.read("disk sda", [DiskMetric.reads: 77, .readBytes: 1 << 30], &columns)
    recording.advance(10_000_000)
    recording.process(2, parent: 1, &columns)
    recording.read(1, [.cpuTime: 10_000_000, .readCalls: 9], &columns)
    recording.read(2, [.cpuTime: 5_000_000, .residentSize: 1 << 19], &columns)
    recording.advance(10_000_500)
    recording.end(2, parent: 1, &columns)
    recording.read(1, [.cpuTime: 12_500_000], &columns)
    recording.read("machine", [MachineMetric.userTime: 4000, .idleTime: 10_000], &columns)
    recording.read("disk sda", [DiskMetric.reads: 80], &columns)
    return columns.finished()
  }

  @Test func `a tick is a row of sums`() throws {
    let samples = try table(sampled(), "samples")
    #expect(try samples.reals("time_s") == [0, 0.01, 0.0200005])
    #expect(try samples.reals("cpu_s") == [0, 0.015, 0.0175])
    #expect(try samples.reals("rss") == [10 << 20, 10 << 20 | 1 << 19, 10 << 20].map { Double($0) })
    #expect(try samples.reals("processes") == [1, 2, 1])
    #expect(try samples.reals("cpu_percent")[1] == 150)
    #expect(try samples.reals("machine_memory_used") == [400 << 20, 400 << 20, 400 << 20].map { Double($0) })
    #expect(try samples.reals("machine_reads") == [0, 0, 3])
  }

  @Test func `what nobody read is missing and not zero`() throws {
    let samples = try table(sampled(), "samples")
    #expect(try samples.reals("write_calls") == [nil, nil, nil])
    #expect(try samples.reals("cpu_percent")[0] == nil)
    #expect(try table(sampled(), "samples/2").reals("read_calls") == [nil])
  }

  @Test func `a process has a row for each tick that told something of it`() throws {
    let tables = sampled()
    #expect(try table(tables, "samples/1").reals("cpu_s") == [0, 0.01, 0.0125])
    #expect(try table(tables, "samples/2").reals("time_s") == [0.01])
    #expect(tables.compactMap(\.process) == [0, 1])
  }

  @Test func `the machine and its devices count from the beginning at the same times`() throws {
    let tables = sampled()
    #expect(try table(tables, "machine").reals("cpu_user_s") == [0, 3e-6])
    #expect(try table(tables, "machine").reals("memory_available") == [600 << 20, 600 << 20].map { Double($0) })
    #expect(try table(tables, "machine/disk sda").reals("reads") == [0, 3])
    #expect(try table(tables, "machine/disk sda").reals("time_s") == [0, 0.0200005])
  }

  @Test func `a recording without anything has all tables and no rows`() {
    var columns = RecordingColumns()
    let tables = columns.finished()
    #expect(tables.map(\.name) == ["samples", "machine", "spans", "names", "lines", "folded", "counters", "marks"])
    #expect(tables.allSatisfy { $0.rows == 0 })
  }

  // MARK: spans

  /// Says what a program's threads say.
  private struct Program {
    var columns = RecordingColumns()
    private var count = 0

    init() {
      columns.note("recording", on: describe(.run, "run"), at: 1000, [])
    }

    mutating func describe(_ kind: Track.Kind, _ name: String, parent: Int? = nil) -> Int {
      columns.describe(Track(index: count, parent: parent, name: name, kind: kind))
      count += 1
      return count - 1
    }

    mutating func thread(_ pid: Int32, _ tid: Int32) -> Int {
      let process = describe(.process(pid: pid), "program")
      return describe(.thread(pid: pid, tid: tid), "thread \(tid)", parent: process)
    }

    mutating func reading(_ metric: String, on thread: Int) -> Int {
      describe(.counter(isOurs: true, unit: 1), metric, parent: thread)
    }
  }

  @Test func `spans of all threads are in the order of their beginnings and know their parents`() throws {
    var program = Program()
    let (left, right) = (program.thread(7, 8), program.thread(7, 9))
    for (number, name) in ["outer", "inner"].enumerated() { program.columns.name(number, name) }
    program.columns.begin(right, name: 0, at: 2000)
    program.columns.begin(right, name: 1, at: 4000)
    program.columns.end(right, at: 5000)
    program.columns.begin(left, name: 0, at: 1500)
    program.columns.begin(left, name: 1, at: 3000)
    program.columns.end(left, at: 3500)
    program.columns.end(left, at: 9000)
    let spans = try table(program.columns.finished(), "spans")
    #expect(try spans.texts("path") == ["outer", "outer", "outer;inner", "outer;inner"])
    #expect(try spans.texts("name") == ["outer", "outer", "inner", "inner"])
    #expect(try spans.reals("depth") == [0, 0, 1, 1])
    #expect(try spans.reals("parent") == [-1, -1, 0, 1])
    #expect(try spans.reals("tid") == [8, 9, 8, 9])
    #expect(try spans.texts("track") == ["thread 8", "thread 9", "thread 8", "thread 9"])
    #expect(try spans.reals("start_s") == [0.5e-6, 1e-6, 2e-6, 3e-6])
    #expect(try spans.reals("end_s") == [8e-6, nil, 2.5e-6, 4e-6])
    #expect(try spans.reals("duration_s") == [7.5e-6, nil, 0.5e-6, 1e-6])
    #expect(try spans.reals("cpu_s") == [nil, nil, nil, nil])
  }

  @Test func `figures are what the readings between begin and end tell`() throws {
    var program = Program()
    let thread = program.thread(7, 8)
    let cpu = program.reading("thread_cpu", on: thread)
    let resident = program.reading("rss", on: thread)
    program.columns.name(0, "span")
    func read(_ time: UInt64, _ cpuTime: Int64, _ size: Int64) {
      program.columns.count(cpu, cpuTime, at: time)
      program.columns.count(resident, size, at: time)
    }
    // Before any reading.
    program.columns.begin(thread, name: 0, at: 1000)
    program.columns.end(thread, at: 1500)
    // Longer than the bound, read at both ends.
    read(2_000_000, 100, 5000)
    program.columns.begin(thread, name: 0, at: 2_000_000)
    // Inside, without a reading.
    program.columns.begin(thread, name: 0, at: 2_000_100)
    program.columns.end(thread, at: 2_000_200)
    read(2_500_000, 700, 9000)
    read(3_000_000, 1100, 6000)
    program.columns.end(thread, at: 3_000_000)
    // Still open.
    program.columns.begin(thread, name: 0, at: 3_100_000)
    let spans = try table(program.columns.finished(), "spans")
    #expect(try spans.reals("cpu_s") == [nil, 1e-6, 0, nil])
    #expect(try spans.reals("rss_growth") == [nil, 1000, 0, nil])
    #expect(try spans.reals("peak_rss") == [nil, 9000, nil, nil])
    #expect(try spans.reals("exact") == [0, 1, 0, 0])
    #expect(try spans.reals("write_bytes") == [nil, nil, nil, nil])
  }

  @Test func `the bound of a process says how old a reading may be`() throws {
    for (bound, exact) in [(200_000 as Int64, [1.0]), (100_000, [0])] {
      var program = Program()
      let thread = program.thread(7, 8)
      let cpu = program.reading("thread_cpu", on: thread)
      program.columns.note("library", on: thread, at: 1000, [Annotation("bound_ns", bound)])
      program.columns.count(cpu, 1, at: 1_000_000)
      program.columns.begin(thread, name: 0, at: 1_150_000)
      program.columns.count(cpu, 2, at: 2_000_000)
      program.columns.end(thread, at: 2_000_000)
      #expect(try table(program.columns.finished(), "spans").reals("exact") == exact)
    }
  }

  @Test func `how spans were entered and left is told`() throws {
    var program = Program()
    let thread = program.thread(7, 8)
    let task = program.describe(.task, "task fetch", parent: thread)
    for (number, name) in ["a", "b"].enumerated() { program.columns.name(number, name) }
    var begin = SpanDetail()
    begin.arguments = [Annotation("step", 3)]
    begin.isResumed = true
    var end = SpanDetail()
    end.exception = "ValueError"
    end.isLeftOpen = true
    end.arguments = [Annotation("rows", 9)]
    program.columns.begin(thread, name: 0, at: 2000, begin)
    program.columns.end(thread, at: 3000, end)
    program.columns.begin(task, name: 1, at: 4000)
    program.columns.end(task, at: 5000)
    let spans = try table(program.columns.finished(), "spans")
    #expect(try spans.texts("arguments") == [#"{"step": 3, "rows": 9}"#, nil])
    #expect(try spans.texts("exception") == ["ValueError", nil])
    #expect(try spans.reals("resumed") == [1, 0])
    #expect(try spans.reals("left_open") == [1, 0])
    #expect(try spans.reals("task") == [0, 1])
    #expect(try spans.reals("tid") == [8, 8])
    #expect(try spans.texts("track") == ["thread 8", "task fetch"])
  }

  @Test func `an end without a begin has no row`() throws {
    var program = Program()
    program.columns.end(program.thread(7, 8), at: 2000)
    program.columns.end(99, at: 2000)
    #expect(try table(program.columns.finished(), "spans").rows == 0)
  }

  // MARK: curves and marks

  @Test func `values of a curve are in the order of time whoever wrote them`() throws {
    var program = Program()
    let process = program.describe(.process(pid: 7), "program")
    let loss = program.describe(.counter(isOurs: false, unit: 0), "loss", parent: process)
    let rate = program.describe(.counter(isOurs: false, unit: 0), "rate", parent: process)
    program.columns.value(loss, 0.5, at: 3000)
    program.columns.value(rate, -0.0, at: 4000)
    program.columns.value(loss, 0.75, at: 2000)
    let counters = try table(program.columns.finished(), "counters")
    #expect(try counters.texts("name") == ["loss", "loss", "rate"])
    #expect(try counters.reals("time_s") == [1e-6, 2e-6, 3e-6])
    #expect(try counters.reals("value") == [0.75, 0.5, 0])
    #expect(try counters.reals("pid") == [7, 7, 7])
  }

  @Test func `a mark has its time, thread and arguments`() throws {
    var program = Program()
    let thread = program.thread(7, 8)
    program.columns.mark("epoch 3", on: thread, at: 2000, [Annotation("step", 3)])
    program.columns.mark("end", on: thread, at: 3000, [])
    let marks = try table(program.columns.finished(), "marks")
    #expect(try marks.texts("name") == ["epoch 3", "end"])
    #expect(try marks.reals("time_s") == [1e-6, 2e-6])
    #expect(try marks.reals("tid") == [8, 8])
    #expect(try marks.texts("arguments") == [#"{"step": 3}"#, nil])
  }

  @Test func `lines have the text that was recorded of them`() throws {
    var function = FunctionUsage()
    function.file = "a.py"
    function.firstLine = 3
    function.source = ["def f():", "  return 1"]
    var line = LineUsage(line: 4)
    line.hits = 5
    line.selfNanoseconds = 1500
    function.lines = [line, LineUsage(line: 9)]
    let lines = LineColumns.table([function])
    #expect(try lines.texts("source") == ["  return 1", nil])
    #expect(try lines.texts("file") == ["a.py", "a.py"])
    #expect(try lines.texts("function") == [nil, nil])
    #expect(try lines.reals("hits") == [5, 0])
    #expect(try lines.reals("self_s") == [1.5e-6, 0])
  }
}
