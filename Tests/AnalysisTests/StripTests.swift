import StripRecording
import Testing

@testable import StripAnalysis

@Suite struct StripTests {
  private func strip(_ count: Int = 10) -> Strip { Strip(from: 1000, to: 2000, count: count) }

  @Test func `a bucket has the least, the greatest, and the mean by time`() throws {
    var strip = strip()
    strip.add(4, from: 1000, to: 1075)
    strip.add(8, from: 1075, to: 1100)
    let step = try #require(strip.steps().first)
    #expect(step.end == 1)
    #expect(step.least == 4)
    #expect(step.greatest == 8)
    #expect(step.mean == 5)
    #expect(strip.mean == 5)
    #expect(strip.peak == 8)
    #expect(strip.peakTime == 1100)
  }

  @Test func `buckets that are alike are one step, and what is not known is a gap`() {
    var strip = strip()
    strip.add(3, from: 1000, to: 1400)
    strip.add(3, from: 1700, to: 2000)
    let steps = strip.steps()
    #expect(steps.map(\.end) == [4, 7, 10])
    #expect(steps.map { $0.mean.isNaN } == [false, true, false])
    #expect(strip.steps(isHeld: true).map(\.end) == [10])
  }

  @Test func `a coarse level keeps the extremes of the fine one`() {
    var strip = strip()
    for index in 0..<10 as Range<UInt64> {
      strip.add(index == 3 ? 90 : Double(index), from: 1000 + 100 * index, to: 1100 + 100 * index)
    }
    let steps = strip.steps(merging: 5)
    #expect(steps.map(\.end) == [5, 10])
    #expect(steps.map(\.greatest) == [90, 9])
    #expect(steps.map(\.least) == [0, 5])
    #expect(steps[1].mean == 7)
  }

  @Test func `what came late alone, as in a life within one tick, is drawn`() {
    var strip = strip()
    strip.addLate(150, from: 1100, to: 1300, atMost: 2)
    strip.settleLate()
    #expect(!strip.isEmpty)
    #expect(strip.steps().map { $0.mean.isNaN ? -1 : $0.mean } == [-1, 0.75, -1])
    #expect(strip.peak == 0.75 && strip.mean == 0.75)
  }

  @Test func `what lies outside of the time is cut off, and what is no number is not drawn`() {
    var strip = strip(2)
    strip.add(6, from: 0, to: 5000)
    strip.add(.nan, from: 1000, to: 2000)
    strip.add(7, from: 2000, to: 3000)
    #expect(strip.steps().map(\.end) == [2])
    #expect(strip.mean == 6)
  }

  @Test func `moments may come in any order`() {
    var strip = strip(2)
    for (value, time) in [(5, 1900), (1, 1100), (3, 1200), (9, 9000)] as [(Double, UInt64)] {
      strip.add(value, at: time)
    }
    let steps = strip.steps(isHeld: true)
    #expect(steps.map(\.mean) == [2, 7])
    #expect(steps.map(\.greatest) == [3, 9])
  }
}

@Suite struct RateStripTests {
  private let second: UInt64 = 1_000_000_000

  private func rate(_ interval: UInt64? = nil, atMost greatest: Double = .infinity) -> RateStrip {
    RateStrip(Strip(from: 0, to: 10 * second, count: 10), scale: 1e9, interval: interval, atMost: greatest)
  }

  @Test func `growth after a silence belongs to the last interval`() {
    var rate = rate(second)
    rate.add(0, at: 0)
    rate.add(100, at: 5 * second)
    rate.finish(at: 10 * second)
    #expect(rate.strip.steps().map(\.end) == [4, 5, 10])
    #expect(rate.strip.steps().map(\.mean) == [0, 100, 0])
  }

  @Test func `where every tick is a reading, growth belongs to the time since the last one`() {
    var rate = rate()
    rate.add(0, at: 0)
    rate.add(100, at: 5 * second)
    rate.finish(at: 10 * second)
    #expect(rate.strip.steps().map(\.end) == [5, 10])
    #expect(rate.strip.steps()[0].mean == 20)
    #expect(rate.strip.steps()[1].mean.isNaN)
  }

  @Test func `what is more than possible in an interval took longer`() {
    var rate = rate(second, atMost: 50)
    rate.add(0, at: 0)
    rate.add(100, at: 5 * second)
    #expect(rate.strip.steps().map(\.mean).prefix(2) == [0, 50])
    #expect(rate.strip.steps().map(\.end).prefix(2) == [3, 5])
  }

  @Test func `a counter that went down began again`() {
    var rate = rate()
    rate.add(500, at: 0)
    rate.add(10, at: second)
    rate.add(40, at: 2 * second)
    #expect(rate.strip.peak == 30)
  }
}
