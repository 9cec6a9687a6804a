import StripModel
import StripSampling
import Testing

struct TickScheduleTests {
  private static let start: UInt64 = 1_000_000_000_000
  private static let millisecond: UInt64 = 1_000_000

  @Test func `the first tick is due at once, the next ones at whole intervals from the start`() {
    var schedule = TickSchedule(.fixed(nanoseconds: 10 * Self.millisecond), start: Self.start)
    #expect(schedule.remaining(at: Self.start) == 0)
    for tick in 1...1000 as ClosedRange<UInt64> {
      // Always 3 ms late: no tick's lateness moves the next.
      schedule.begin(at: schedule.deadline + 3 * Self.millisecond)
      #expect(schedule.deadline == Self.start + tick * 10 * Self.millisecond)
    }
    #expect(schedule.ticks == 1000)
    #expect(schedule.late == 1000)
    #expect(schedule.skipped == 0)
    #expect(schedule.interval == 10 * Self.millisecond)
  }

  @Test func `a millisecond, or a tenth of the interval, is not late`() {
    for (interval, grace) in [(5, 1), (10, 1), (100, 10)] as [(UInt64, UInt64)] {
      var schedule = TickSchedule(.fixed(nanoseconds: interval * Self.millisecond), start: Self.start)
      schedule.begin(at: schedule.deadline + grace * Self.millisecond)
      #expect(schedule.late == 0)
      schedule.begin(at: schedule.deadline + grace * Self.millisecond + 1)
      #expect(schedule.late == 1)
    }
  }

  @Test func `what was missed is counted and never made up for`() {
    var schedule = TickSchedule(.fixed(nanoseconds: 10 * Self.millisecond), start: Self.start)
    schedule.begin(at: Self.start)
    let now = Self.start + 1_234_567_890
    schedule.begin(at: now)
    #expect(schedule.skipped == 122)
    #expect(schedule.late == 1)
    #expect(schedule.deadline > now)
    #expect(schedule.deadline <= now + 10 * Self.millisecond)
    #expect((schedule.deadline - Self.start) % (10 * Self.millisecond) == 0)
    #expect(schedule.remaining(at: now) == schedule.deadline - now)
  }

  @Test func `after a tick, however late, the next is never due at once`() {
    var random = SeededGenerator(7)
    var schedule = TickSchedule(.fixed(nanoseconds: 3_333_333), start: Self.start)
    var accounted: UInt64 = 0
    for _ in 0..<10_000 {
      let now = schedule.deadline + UInt64.random(in: 0...(random.next() % 50 == 0 ? 1 << 33 : 1 << 22), using: &random)
      schedule.begin(at: now)
      #expect(schedule.deadline > now)
      accounted += 1
    }
    // Each deadline was a tick or was skipped.
    #expect(schedule.deadline == Self.start + (schedule.ticks + schedule.skipped) * 3_333_333)
    #expect(schedule.ticks == accounted)
  }

  @Test func `auto doubles the interval after each 60,000 ticks, up to a second`() {
    var schedule = TickSchedule(.auto, start: Self.start)
    var intervals: [UInt64] = []
    for _ in 0..<600_000 {
      if schedule.interval != intervals.last { intervals.append(schedule.interval) }
      let ticks = schedule.ticks
      #expect(schedule.interval >= 10 * Self.millisecond)
      schedule.begin(at: schedule.deadline)
      if schedule.interval != intervals.last { #expect((ticks + 1) % 60_000 == 0) }
    }
    #expect(intervals == [10, 20, 40, 80, 160, 320, 640, 1000].map { $0 * Self.millisecond })
    #expect(schedule.late == 0)
    #expect(schedule.skipped == 0)
  }

  @Test func `a fixed interval stays, even one of nothing`() {
    var schedule = TickSchedule(.fixed(nanoseconds: 0), start: Self.start)
    for _ in 0..<100 { schedule.begin(at: schedule.deadline) }
    #expect(schedule.deadline == Self.start + 100)
    var long = TickSchedule(.fixed(nanoseconds: 5_000_000_000), start: Self.start)
    for _ in 0..<120_001 { long.begin(at: long.deadline) }
    #expect(long.interval == 5_000_000_000)
  }

  @Test func `a tick before its deadline is not late`() {
    var schedule = TickSchedule(.fixed(nanoseconds: 10 * Self.millisecond), start: Self.start)
    schedule.begin(at: Self.start - 5)
    #expect(schedule.late == 0)
    #expect(schedule.deadline == Self.start + 10 * Self.millisecond)
  }
}
