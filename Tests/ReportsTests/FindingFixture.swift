@testable import StripAnalysis
import StripModel

/// A run that leaks in one span and writes in another, and was killed for it.
enum FindingFixture {
  static var leak: RecordingSummary {
    var summary = SummaryFixture.base(wall: 40_000_000_000)
    let second = SummaryFixture.second
    let start = SummaryFixture.start
    summary.run.command = ["python3", "train.py"]
    summary.run.exit = .signal(9, coreDumped: false)
    summary.run.endReason = "command ended"
    summary.machineUse.outOfMemoryKills = 1
    summary.machineUse.lastAvailableBytes = 200 << 20
    summary.machine.leastAvailableBytes = 190 << 20
    summary.processes = [
      SummaryFixture.process(
        100, parent: 99, ["python3", "train.py"], cpu: 38, peak: 30 << 30, start: 0, end: 40,
        .signal(9, coreDumped: false))
    ]
    summary.total.cpuSeconds = 38
    summary.total.peakResidentBytes = 30 << 30
    summary.total.peakResidentAtSeconds = 39.9
    summary.total.usage = summary.processes[0].last
    summary.total.processCount = 1
    summary.total.greatestProcessCount = 1
    for index in 0..<40 as Range<UInt64> {
      let (from, to) = (start + index * second, start + (index + 1) * second)
      summary.curves.cpu.add(0.95, from: from, to: to)
      summary.curves.resident.add(Double(index * 760 << 20), from: from, to: to)
    }
    let mebibyte = SummaryFixture.mebibyte
    var step = SummaryFixture.used(
      SummaryFixture.span(["train", "step | `x`"], calls: 380, 100_000_000, open: 1), cpu: 37_000_000_000,
      growth: 380 * 76 * mebibyte)
    step.openSinceSeconds = 39.95
    var series = IterationSeries(pid: 100)
    for call in 0..<380 as Range<UInt64> {
      var one = IterationSeries.Call()
      (one.begin, one.end) = (start + call * second / 10, start + (call + 1) * second / 10)
      one.residentBefore = Int64(call) * 76 * mebibyte
      one.residentAfter = Int64(call + 1) * 76 * mebibyte
      one.greatestResident = one.residentAfter
      series.add(one)
    }
    step.iterations = [series]
    var growth = SpanGrowth(pid: 100)
    growth.bytes = 380 * 76 * mebibyte
    (growth.leastBytes, growth.mostBytes, growth.processBytes) = (growth.bytes, growth.bytes, growth.bytes)
    step.growth = [growth]
    step.place = SourcePlace(file: "/home/me/train.py", line: 80)
    var save = SummaryFixture.used(SummaryFixture.span(["save"], calls: 4, 50_000_000), cpu: 20_000_000, growth: 0)
    save.resources?.writeBytes = 60 * mebibyte
    save.resources?.storageBytes = 60 * mebibyte
    summary.spans = [SummaryFixture.span(["train"], calls: 0, 0, open: 1), step, save]
    summary.spans[0].openSinceSeconds = 0.5
    var function = FunctionUsage()
    function.file = "/home/me/train.py"
    function.name = "collate"
    function.firstLine = 87
    function.source = ["def collate(rows):", "    cache.append(rows)  # | `every` row"]
    var line = LineUsage(line: 88)
    line.hits = 380
    line.selfNanoseconds = 36_000_000_000
    line.cpuNanoseconds = 35_000_000_000
    line.residentGrowthBytes = 27_000 * mebibyte
    line.openSinceSeconds = 39.96
    function.lines = [line]
    summary.functions = [function]
    return summary
  }
}
