import StripModel
import StripProbes
import StripSampling
import Testing

struct ReadingPlanTests {
  private static let millisecond: UInt64 = 1_000_000

  /// Ticks with jitter; each due reading costs what `cost` says. Returns the times of reading.
  private func run(
    _ entry: inout ReadingPlan.Entry, tick: UInt64, ticks: UInt64, jitter: UInt64 = 0, seed: UInt64 = 1,
    cost: (inout SeededGenerator) -> UInt64
  ) -> [UInt64] {
    var random = SeededGenerator(seed)
    var times: [UInt64] = []
    for index in 1...ticks {
      let now = index * tick + (jitter == 0 ? 0 : UInt64.random(in: 0...jitter, using: &random))
      guard entry.isDue(at: now) else { continue }
      entry.read(in: cost(&random), at: now, tick: tick)
      times.append(now)
    }
    return times
  }

  @Test(arguments: [1_000_000, 5_000_000, 40_000_000] as [UInt64])
  func `a dear probe keeps to its share`(cost: UInt64) {
    var entry = ReadingPlan.Entry("dear", ProbeSet(), shortest: 100 * Self.millisecond, share: 0.001)
    let ticks: UInt64 = 200_000
    let times = run(&entry, tick: 10 * Self.millisecond, ticks: ticks, jitter: 2 * Self.millisecond) { random in
      UInt64.random(in: cost * 9 / 10...cost * 11 / 10, using: &random)
    }
    #expect(times.count > 10)
    #expect(entry.reads == UInt64(times.count))
    let used = Double(entry.nanoseconds) / Double(ticks * 10 * Self.millisecond)
    // Half a tick of grace, and the spread of the costs.
    #expect(used <= 0.001 * 1.1)
    #expect(used >= 0.001 * 0.8)
  }

  @Test func `a cheap probe is read no more often than its shortest interval`() {
    var entry = ReadingPlan.Entry("cheap", ProbeSet(), shortest: 1000 * Self.millisecond, share: 0.5)
    let times = run(&entry, tick: 10 * Self.millisecond, ticks: 10_000) { _ in 50 }
    #expect(times.count == 100)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 1000 * Self.millisecond })
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a 100 ms probe is read at every tenth tick of 10 ms, whatever the jitter`(seed: UInt64) {
    var entry = ReadingPlan.Entry("often", ProbeSet(), shortest: 100 * Self.millisecond, share: 0.1)
    let times = run(
      &entry, tick: 10 * Self.millisecond, ticks: 10_000, jitter: 4 * Self.millisecond, seed: seed
    ) { _ in 20_000 }
    #expect(times.map { $0 / (10 * Self.millisecond) } == Array(stride(from: 1, through: 10_000, by: 10)))
  }

  @Test func `what is read at every tick is read at every tick while it is cheap`() {
    var plan = ReadingPlan(budget: 0.01)
    let times = run(&plan.hot, tick: 10 * Self.millisecond, ticks: 1000, jitter: 3 * Self.millisecond) { _ in 30_000 }
    #expect(times.count == 1000)
  }

  @Test func `one preemption is not a trend, a lasting cost is`() {
    var entry = ReadingPlan.Entry("probe", ProbeSet(), shortest: 0, share: 0.01)
    for tick in 1...50 as ClosedRange<UInt64> { entry.read(in: 10_000, at: tick * 1_000_000, tick: 1_000_000) }
    #expect(entry.interval == 1_000_000)
    entry.read(in: 50_000_000, at: 60_000_000, tick: 1_000_000)
    #expect(entry.interval < 2 * 1_000_000)
    for tick in 100...300 as ClosedRange<UInt64> { entry.read(in: 40_000, at: tick * 1_000_000, tick: 1_000_000) }
    #expect(entry.cost > 38_000)
    #expect(entry.cost <= 40_000)
  }

  @Test func `every process probe is in the plan once, and the shares are within the budget`() {
    let plan = ReadingPlan(budget: 0.01)
    for index in ProcessProbe.all.indices {
      let entries = ([plan.hot] + plan.dear).filter { $0.probes.contains(index) }
      #expect(entries.count == 1, "\(ProcessProbe.all[index].name)")
    }
    // An entry's share is its cost over the interval that the cost brings about.
    let shares = plan.entries.map { entry -> Double in
      var entry = entry
      entry.read(in: 1_000_000_000, at: 0, tick: 10)
      return 1_000_000_000 / Double(entry.interval)
    }
    #expect(shares.reduce(0, +) <= 0.01 * 1.0001)
  }
}
