package import StripModel
internal import StripPlatform

/// Up to nine metrics of one thing (a process, a disk) that share a packet.
///
/// The engine takes at most one value and eight extra ones a packet. A packet holds no names: the sequence's defaults say
/// which tracks the values belong to, in order, so what did not change at the end of the list is left out, and when
/// nothing changed there is no packet. Cumulative metrics are stored as differences.
package struct CounterGroup<Catalogue: MetricCatalogue>: Sendable {
  package static var largest: Int { 9 }

  private let metrics: [Catalogue]
  private let parent: UInt64
  private let prefix: String
  private let sequence: UInt32
  /// 0: no such track yet.
  private var tracks: [UInt64]
  private var available: UInt64 = 0
  private var last: [Int64]
  private var lastTime: UInt64 = 0

  /// `prefix` comes before each metric's name: `"cpu0 "`. `parent` is the track that the counters stand under.
  package init(_ metrics: [Catalogue], parent: UInt64, prefix: String = "", sequence: UInt32) {
    precondition(metrics.count <= Self.largest)
    self.metrics = metrics
    self.parent = parent
    self.prefix = prefix
    self.sequence = sequence
    tracks = Array(repeating: 0, count: metrics.count)
    last = Array(repeating: 0, count: metrics.count)
  }

  /// Records what changed since the last call. At most one packet, plus descriptions when a metric appears, disappears or
  /// starts again from a lower count.
  package mutating func record(
    _ sample: borrowing Sample<Catalogue>, at time: UInt64, to writer: inout PacketWriter, with builder: inout PacketBuilder
  ) {
    var present: UInt64 = 0
    var changed = -1
    var wentDown = false
    var position = 0
    for index in metrics.indices {
      guard let value = sample[metrics[index]] else { continue }
      present |= 1 << UInt64(index)
      let metric = metrics[index].metric
      let stored = value / metric.step
      if stored != last[index] { changed = position }
      if metric.isCumulative && stored < last[index] { wentDown = true }
      position += 1
    }
    if present == 0 {
      available = 0
      return
    }
    if present != available || wentDown {
      describe(present, at: time, to: &writer, with: &builder)
      changed = position - 1
    }
    guard changed >= 0 else { return }
    builder.clear()
    builder.field(PacketField.timestamp, time >= lastTime ? time - lastTime : 0)
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let event = builder.open(PacketField.trackEvent)
    builder.field(EventField.type, EventType.counter)
    position = 0
    for index in metrics.indices where present & (1 << UInt64(index)) != 0 {
      let metric = metrics[index].metric
      let stored = (sample[metrics[index]] ?? 0) / metric.step
      let value = metric.isCumulative ? stored - last[index] : stored
      builder.field(position == 0 ? EventField.value : EventField.extraValue, signed: value)
      last[index] = stored
      position += 1
      if position > changed { break }
    }
    builder.close(event)
    writer.append(builder)
    lastTime = max(time, lastTime)
  }

  /// Levels fall to zero and nothing is recorded after: the thing is gone.
  package mutating func end(at time: UInt64, to writer: inout PacketWriter, with builder: inout PacketBuilder) {
    guard available != 0 else { return }
    var zero = Sample<Catalogue>()
    for index in metrics.indices where available & (1 << UInt64(index)) != 0 {
      let metric = metrics[index].metric
      zero[metrics[index]] = metric.isCumulative ? last[index] * metric.step : 0
    }
    record(zero, at: time, to: &writer, with: &builder)
  }

  /// Starts the sequence's state anew: its clock, and the tracks of what is available.
  private mutating func describe(
    _ present: UInt64, at time: UInt64, to writer: inout PacketWriter, with builder: inout PacketBuilder
  ) {
    for index in metrics.indices where present & (1 << UInt64(index)) != 0 && tracks[index] == 0 {
      tracks[index] = writer.file.control.nextTrack()
      describeTrack(index, to: &writer, with: &builder)
    }
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    builder.field(PacketField.sequenceFlags, SequenceFlag.cleared)
    builder.sequenceClock(at: time)
    let defaults = builder.open(PacketField.defaults)
    builder.field(DefaultsField.clockID, ClockID.sequence)
    let event = builder.open(DefaultsField.trackEvent)
    var isFirst = true
    for index in metrics.indices where present & (1 << UInt64(index)) != 0 {
      builder.field(isFirst ? EventField.track : EventField.extraTrack, tracks[index])
      isFirst = false
      // A cleared state counts from zero again, so the next packet holds whole values.
      last[index] = 0
    }
    builder.close(event)
    builder.close(defaults)
    writer.append(builder)
    available = present
    lastTime = time
  }

  private func describeTrack(_ index: Int, to writer: inout PacketWriter, with builder: inout PacketBuilder) {
    let metric = metrics[index].metric
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, tracks[index])
    builder.field(TrackField.parent, parent)
    if prefix.isEmpty {
      builder.field(TrackField.name, metric.name)
    } else {
      builder.field(TrackField.name, "\(prefix) \(metric.name)")
    }
    let counter = builder.open(TrackField.counter)
    builder.field(CounterField.category, StaticString("stripchart"))
    builder.field(CounterField.unit, metric.unit.perfetto)
    if metric.step != 1 { builder.field(CounterField.multiplier, UInt64(metric.step)) }
    if metric.isCumulative { builder.field(CounterField.isIncremental, 1) }
    builder.close(counter)
    builder.close(track)
    writer.append(builder)
  }
}

extension MetricUnit {
  /// CounterDescriptor.Unit.
  fileprivate var perfetto: UInt64 {
    switch self {
    case .nanoseconds: 1
    case .count: 2
    case .bytes: 3
    }
  }
}

extension PacketBuilder {
  /// Ties the sequence's own clock, which counts from packet to packet, to CLOCK_BOOTTIME.
  mutating func sequenceClock(at time: UInt64) {
    let snapshot = open(PacketField.clockSnapshot)
    for (id, isIncremental) in [(ClockID.boottime, false), (ClockID.sequence, true)] {
      let clock = open(ClockSnapshotField.clock)
      field(ClockSnapshotField.clockID, id)
      field(ClockSnapshotField.time, time)
      if isIncremental { field(ClockSnapshotField.isIncremental, 1) }
      close(clock)
    }
    close(snapshot)
  }
}
