internal import StripModel
internal import StripReader
internal import StripRecording

/// What the sampler read, as values that a viewer draws: levels as they are, CPU time and storage as rates. Each only when it has
/// changed.
struct ChromeCounters {
  struct Value {
    let name: String
    let unit: String
    /// 0: of the machine.
    let pid: Int32
    let time: UInt64
    let value: Double
  }

  private var ledger = Ledger()
  private var changed = ChangedProcesses()
  private var sums = TickSums(of: [])
  private var closedTime: UInt64 = 0
  private var told: [Told] = []
  private var toldMachine: [String: Double] = [:]

  /// What was said last of a process.
  private struct Told {
    var levels = ProcessSample()
    var rates: [Rate] = []
  }

  private struct Rate {
    var time: UInt64 = 0
    var counter: Int64 = 0
    var value = -1.0
  }

  private static let levels = ProcessMetric.allCases.filter { !$0.metric.isCumulative }
  /// Name, unit, and what one second's difference is multiplied with.
  private static let rates: [(metric: ProcessMetric, name: String, unit: String, scale: Double)] = [
    (.cpuTime, "cpu", "percent", 100 / 1e9), (.readBytes, "read", "bytes per second", 1),
    (.writeBytes, "written", "bytes per second", 1),
  ]
  /// Over less time a rate would show the jitter of reading, not the program.
  private static let leastNanoseconds: UInt64 = 1_000_000

  mutating func describe(_ track: Track) {
    ledger.describe(track)
    changed.describe(track, &ledger)
  }

  func holds(_ track: Int) -> Bool { ledger.holds(track) }
  func isJournal(_ track: Int) -> Bool { ledger.isJournal(track) }
  func closes(tick time: UInt64) -> Bool { ledger.closes(tick: time) }

  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    ledger.count(track, value, at: time)
    changed.count(track)
  }

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    let note = Note(values)
    if name == "machine" { sums.setMachine(note) }
    ledger.note(name, on: track, at: time, note)
  }

  /// What is new in the tick in the books, which is complete.
  mutating func close() -> [Value] {
    guard ledger.time > closedTime else { return [] }
    closedTime = ledger.time
    ledger.settle()
    var values: [Value] = []
    for index in changed.take() { tell(index, &values) }
    if let row = sums.close(ledger) {
      tell("cpu", "percent", row.machineShare, at: row.time, &values)
      tell("memory used", "bytes", row.usedMemory.map(Double.init), at: row.time, &values)
      tell("swap used", "bytes", row.usedSwap.map(Double.init), at: row.time, &values)
    }
    return values
  }

  private mutating func tell(_ index: Int, _ values: inout [Value]) {
    while told.count <= index {
      told.append(Told(rates: Array(repeating: Rate(), count: Self.rates.count)))
    }
    let process = ledger.processes[index]
    for metric in Self.levels {
      guard let value = process.current[metric], told[index].levels[metric] != value else {
        continue
      }
      told[index].levels[metric] = value
      values.append(
        Value(
          name: "\(metric.metric.name)", unit: metric.metric.unit == .bytes ? "bytes" : "count",
          pid: process.pid,
          time: ledger.time, value: Double(value)))
    }
    for (place, rate) in Self.rates.enumerated() {
      guard let counter = process.own(rate.metric, runStart: ledger.runStart) else { continue }
      let before = told[index].rates[place]
      guard before.time > 0 else {
        told[index].rates[place] = Rate(time: ledger.time, counter: counter)
        continue
      }
      guard ledger.time >= before.time + Self.leastNanoseconds else { continue }
      let value =
        Double(max(0, counter &- before.counter)) * rate.scale * 1e9
        / Double(ledger.time - before.time)
      told[index].rates[place] = Rate(time: ledger.time, counter: counter, value: value)
      // A viewer holds a value until the next one, and this one was that of the time before.
      if value != before.value {
        values.append(
          Value(name: rate.name, unit: rate.unit, pid: process.pid, time: before.time, value: value)
        )
      }
    }
  }

  private mutating func tell(
    _ name: String, _ unit: String, _ value: Double?, at time: UInt64, _ values: inout [Value]
  ) {
    guard let value, toldMachine[name] != value else { return }
    toldMachine[name] = value
    values.append(Value(name: name, unit: unit, pid: 0, time: time, value: value))
  }
}
