package import StripModel
internal import StripPlatform

/// Up to nine metrics of one thing (a process, a disk) that share packets.
///
/// The engine takes at most one value and eight extra ones a packet, and an extra value that is zero hides those after it. So
/// what is not zero is *shared*: a packet without names, whose values belong to the tracks in the sequence's defaults, in order; what
/// did not change at the end of the list is left out. What is or was zero goes *alone*, in a packet that names its track.
/// When nothing changed there is no packet. Cumulative metrics are stored as differences.
///
/// Not generic over the catalogue: a generic type of another module would be looked up at every tick.
package struct CounterGroup: Sendable {
  package static let largest = 9

  private struct Entry {
    /// Its place in the sample.
    let place: Int
    let metric: Metric
    let parent: UInt64
    /// 0: no such track yet.
    var track: UInt64 = 0
    var isPresent = false
    var isShared = false
    /// A level that fell to zero while it was shared: it may do so again.
    var staysAlone = false
    var lonePackets = 0
    var last: Int64 = 0
  }

  private var entries: [Entry]
  private let sequence: UInt32
  private var lastTime: UInt64 = 0
  private var isDescribed = false
  /// A metric that was zero is shared once it has changed this often: before, a packet of its own costs less than a new list.
  private static let packetsBeforeSharing = 3

  package init<Catalogue: MetricCatalogue>(_ metrics: [Catalogue], parent: UInt64, sequence: UInt32) {
    self.init(metrics, parents: metrics.map { _ in parent }, sequence: sequence)
  }

  package init<Catalogue: MetricCatalogue>(_ metrics: [Catalogue], parents: [UInt64], sequence: UInt32) {
    precondition(metrics.count <= Self.largest && parents.count == metrics.count)
    entries = metrics.indices.map {
      Entry(place: metrics[$0].rawValue, metric: metrics[$0].metric, parent: parents[$0])
    }
    self.sequence = sequence
  }

  /// Records what changed since the last call: one packet, one more for each metric that goes alone, and descriptions when a
  /// metric appears, disappears or starts again from a lower count.
  package mutating func record(
    _ sample: borrowing SampleValues, at time: UInt64, to writer: inout PacketWriter,
    with builder: inout PacketBuilder
  ) {
    var needsList = false
    var hasNews = false
    for index in entries.indices {
      guard let stored = stored(index, sample) else {
        if entries[index].isShared { needsList = true }
        entries[index].isPresent = false
        entries[index].isShared = false
        continue
      }
      let isNew = !entries[index].isPresent
      if !isNew && stored == entries[index].last { continue }
      hasNews = true
      if update(index, stored, isNew: isNew) { needsList = true }
    }
    guard hasNews || needsList else { return }
    // The engine refuses a clock that runs backwards within a sequence.
    let time = max(time, lastTime)
    if needsList || !isDescribed { describe(at: time, to: &writer, with: &builder) }
    recordShared(sample, isWhole: needsList, at: time, to: &writer, with: &builder)
    for index in entries.indices where entries[index].isPresent && !entries[index].isShared {
      recordAlone(index, sample, at: time, to: &writer, with: &builder)
    }
  }

  /// Levels fall to zero and nothing is recorded after: the thing is gone.
  package mutating func end(at time: UInt64, to writer: inout PacketWriter, with builder: inout PacketBuilder) {
    var zero = SampleValues()
    for entry in entries where entry.isPresent {
      zero[entry.place] = entry.metric.isCumulative ? entry.last * entry.metric.step : 0
    }
    record(zero, at: time, to: &writer, with: &builder)
  }

  private func stored(_ index: Int, _ sample: borrowing SampleValues) -> Int64? {
    guard let value = sample[entries[index].place] else { return nil }
    return value / entries[index].metric.step
  }

  /// Decides where a changed metric goes. `true`: the list of shared ones must be described anew.
  private mutating func update(_ index: Int, _ stored: Int64, isNew: Bool) -> Bool {
    let isCumulative = entries[index].metric.isCumulative
    entries[index].isPresent = true
    if isNew {
      // Not a value that can be read: the first packet is always written.
      entries[index].last = .min
      entries[index].isShared = stored != 0 && !entries[index].staysAlone
      entries[index].lonePackets = 0
      // A count that comes back goes on from its last value unless the state is cleared.
      return entries[index].isShared || (isCumulative && entries[index].track != 0)
    }
    let isReset = isCumulative && stored < entries[index].last
    if isReset { entries[index].last = .min }
    if entries[index].isShared {
      if stored == 0 {
        entries[index].isShared = false
        entries[index].staysAlone = !isCumulative
        return true
      }
      return isReset
    }
    if isReset { return true }
    if stored != 0, !entries[index].staysAlone, entries[index].lonePackets >= Self.packetsBeforeSharing {
      entries[index].isShared = true
      return true
    }
    return false
  }

  private mutating func recordShared(
    _ sample: borrowing SampleValues, isWhole: Bool, at time: UInt64, to writer: inout PacketWriter,
    with builder: inout PacketBuilder
  ) {
    var last = -1
    for index in entries.indices where entries[index].isShared {
      let now = stored(index, sample)
      if isWhole || now != entries[index].last { last = index }
    }
    guard last >= 0 else { return }
    let event = begin(at: time, with: &builder)
    var isFirst = true
    for index in 0...last where entries[index].isShared {
      value(index, stored(index, sample) ?? 0, isFirst ? EventField.value : EventField.extraValue, with: &builder)
      isFirst = false
    }
    builder.close(event)
    writer.append(builder)
  }

  private mutating func recordAlone(
    _ index: Int, _ sample: borrowing SampleValues, at time: UInt64, to writer: inout PacketWriter,
    with builder: inout PacketBuilder
  ) {
    guard let stored = stored(index, sample), stored != entries[index].last else { return }
    describeTrack(index, to: &writer, with: &builder)
    let event = begin(at: time, with: &builder)
    builder.field(EventField.track, entries[index].track)
    value(index, stored, EventField.value, with: &builder)
    builder.close(event)
    writer.append(builder)
    entries[index].lonePackets += 1
  }

  private mutating func begin(at time: UInt64, with builder: inout PacketBuilder) -> Int {
    builder.clear()
    builder.field(PacketField.timestamp, time - lastTime)
    builder.field(PacketField.sequenceID, UInt64(sequence))
    lastTime = time
    let event = builder.open(PacketField.trackEvent)
    builder.field(EventField.type, EventType.counter)
    return event
  }

  private mutating func value(_ index: Int, _ stored: Int64, _ field: UInt32, with builder: inout PacketBuilder) {
    let before = entries[index].last == .min ? 0 : entries[index].last
    builder.field(field, signed: entries[index].metric.isCumulative ? stored &- before : stored)
    entries[index].last = stored
  }

  /// Starts the sequence's state anew: its clock, and the tracks that are shared.
  private mutating func describe(at time: UInt64, to writer: inout PacketWriter, with builder: inout PacketBuilder) {
    isDescribed = true
    for index in entries.indices where entries[index].isPresent {
      describeTrack(index, to: &writer, with: &builder)
      // A cleared state counts from zero again, so the next packet holds whole values.
      if entries[index].metric.isCumulative && entries[index].last != .min { entries[index].last = 0 }
    }
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    builder.field(PacketField.sequenceFlags, SequenceFlag.cleared)
    builder.sequenceClock(at: time)
    let defaults = builder.open(PacketField.defaults)
    builder.field(DefaultsField.clockID, ClockID.sequence)
    let event = builder.open(DefaultsField.trackEvent)
    var isFirst = true
    for entry in entries where entry.isShared {
      builder.field(isFirst ? EventField.track : EventField.extraTrack, entry.track)
      isFirst = false
    }
    builder.close(event)
    builder.close(defaults)
    writer.append(builder)
    lastTime = time
  }

  /// Makes the metric's track, once.
  private mutating func describeTrack(
    _ index: Int, to writer: inout PacketWriter, with builder: inout PacketBuilder
  ) {
    guard entries[index].track == 0 else { return }
    entries[index].track = writer.file.control.nextTrack()
    let metric = entries[index].metric
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, entries[index].track)
    builder.field(TrackField.parent, entries[index].parent)
    builder.field(TrackField.name, metric.name)
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
