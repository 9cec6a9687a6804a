/// Draws the rate of a counter that only grows, from its readings.
///
/// Only a reading that shows another value is in a recording. So a value that comes after a longer silence was read, unchanged,
/// one interval before: the growth belongs to that interval alone.
struct RateStrip: Sendable {
  private(set) var strip: Strip
  private let scale: Double
  /// The distance of readings; `nil`: every tick.
  private let interval: UInt64?
  private let greatest: Double
  private var last: (value: Int64, time: UInt64)?
  /// Too soon after the last one to be drawn.
  private var next: (value: Int64, time: UInt64)?
  /// What was counted faster than is possible was used before it was counted, and is drawn after it.
  private var late = 0.0

  init(_ strip: Strip, scale: Double, interval: UInt64? = nil, atMost greatest: Double = .infinity) {
    self.strip = strip
    self.scale = scale
    self.interval = interval
    self.greatest = greatest
  }

  /// The counter's value at `time`, changed or not.
  mutating func add(_ value: Int64, at time: UInt64) {
    guard let last else {
      self.last = (value, time)
      return
    }
    // A rate over less time would show the jitter of reading, not the program.
    guard time >= last.time + 5_000_000 else {
      next = (value, time)
      return
    }
    next = nil
    draw(value, at: time, after: last)
  }

  private mutating func draw(_ value: Int64, at time: UInt64, after last: (value: Int64, time: UInt64)) {
    // A counter that went down began again.
    guard value >= last.value else {
      self.last = (value, time)
      return
    }
    if interval != nil, value == last.value { return }
    var from = last.time
    if let interval, time - last.time > interval + interval / 2 { from = time - interval }
    let growth = Double(value &- last.value) * scale
    // It took at least as long as it takes at the greatest rate.
    let least = growth / greatest
    if Double(time - from) < least { from = max(last.time, time - min(UInt64(least), time)) }
    let rate = growth / Double(time - from) + late
    if from > last.time { strip.add(0, from: last.time, to: from) }
    strip.add(min(rate, greatest), from: from, to: time)
    late = max(0, rate - greatest)
    self.last = (value, time)
  }

  /// `amount` more than the readings showed between `from` and `to`.
  mutating func addLate(_ amount: Double, from: UInt64, to: UInt64) {
    strip.addLate(amount * scale, from: from, to: to, atMost: greatest)
  }

  /// No reading showed another value until `end`.
  mutating func finish(at end: UInt64) {
    // Where there is no other rate, that over a short time is better than none.
    if strip.isEmpty, let last, let next, next.time > last.time { draw(next.value, at: next.time, after: last) }
    strip.settleLate()
    if interval != nil, let last, end > last.time { strip.add(0, from: last.time, to: end) }
  }
}
