import StripModel

@testable import StripAnalysis

/// A recording of `train.py` with a knob for each figure that is compared.
struct ComparedRecording {
  var wall = 10.0
  var cpu = 4.0
  var peakMebibytes: Int64 = 300
  var writtenBytes: Int64 = 8 << 20
  /// The inner span's part.
  var innerCPU = 2.0
  var innerGrowthMebibytes: Int64 = 20
  /// How far memory rises in one inner call and falls again.
  var innerRiseMebibytes: Int64 = 0
  var innerWrittenBytes: Int64 = 0
  var innerCalls = 40
  var innerMilliseconds: UInt64 = 50
  /// Of the hot line.
  var line: UInt32 = 22
  var hasInner = true

  var summary: RecordingSummary {
    var summary = RecordingSummary.ordinary
    summary.path = "train.pftrace"
    summary.run.command = ["python3", "train.py"]
    summary.run.end = UInt64(wall * 1e9)
    summary.total.cpuSeconds = cpu
    summary.total.peakResidentBytes = peakMebibytes << 20
    summary.total.usage[.readBytes] = 0
    summary.total.usage[.writeBytes] = writtenBytes
    summary.spans = [span(["train"], calls: 1, [9000])]
    summary.spans[0].resources?.threadCPUNanoseconds = Int64(cpu * 1e9)
    summary.spans[0].resources?.selfThreadCPUNanoseconds = Int64((cpu - (hasInner ? innerCPU : 0)) * 1e9)
    summary.spans[0].resources?.residentGrowthBytes = (innerGrowthMebibytes + 1) << 20
    summary.spans[0].resources?.selfResidentGrowthBytes = 1 << 20
    summary.spans[0].resources?.storageBytes = innerWrittenBytes
    guard hasInner else { return summary }
    let durations = (0..<innerCalls).map { innerMilliseconds + UInt64($0 % 5) }
    var inner = span(["train", "step"], calls: innerCalls, durations)
    inner.place = SourcePlace(file: "/home/me/train.py", line: 20)
    inner.resources?.threadCPUNanoseconds = Int64(innerCPU * 1e9)
    inner.resources?.selfThreadCPUNanoseconds = Int64(innerCPU * 1e9)
    inner.resources?.residentGrowthBytes = innerGrowthMebibytes << 20
    inner.resources?.selfResidentGrowthBytes = innerGrowthMebibytes << 20
    inner.resources?.storageBytes = innerWrittenBytes
    inner.resources?.writeBytes = innerWrittenBytes
    if innerRiseMebibytes > 0 {
      for index in [0, 1] {
        var series = IterationSeries(pid: 7)
        var call = IterationSeries.Call()
        (call.residentBefore, call.residentAfter) = (100 << 20, 100 << 20)
        call.greatestResident = (100 + innerRiseMebibytes) << 20
        series.add(call)
        if index == 0 { inner.iterations = [series] } else { summary.spans[0].iterations = [series] }
      }
    }
    summary.spans.append(inner)
    summary.functions = [function]
    return summary
  }

  private var function: FunctionUsage {
    var function = FunctionUsage()
    function.file = "/home/me/train.py"
    function.name = "step"
    function.firstLine = line - 2
    function.source = ["def step(rows):", "    out = []", "    out += work(rows)", "    return out"]
    var hot = LineUsage(line: line)
    hot.hits = UInt64(innerCalls)
    hot.cpuNanoseconds = Int64(innerCPU * 1e9)
    hot.residentGrowthBytes = innerGrowthMebibytes << 20
    hot.storageBytes = UInt64(innerWrittenBytes)
    function.lines = [LineUsage(line: line - 1), hot]
    return function
  }

  private func span(_ path: [String], calls: Int, _ milliseconds: [UInt64]) -> SpanUsage {
    var span = SpanUsage()
    span.path = path
    span.name = path.last ?? ""
    for duration in milliseconds { span.durations.add(duration * 1_000_000) }
    span.selfNanoseconds = span.durations.sum
    var used = SpanResources()
    used.exactShare = 1
    used.peakResidentBytes = peakMebibytes << 20
    span.resources = used
    return span
  }
}
