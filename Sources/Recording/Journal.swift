package import StripModel
package import StripPlatform

/// Everything in a recording that happens seldom: what the machine, the processes and the run are, and how they ended.
///
/// Each entry is an instant event of the category "stripchart" with typed arguments, so that SQL and the Perfetto UI show it
/// as it stands (`select * from args`), and processes are also in Perfetto's own process table. One sequence.
package struct Journal: ~Copyable {
  package var writer: PacketWriter
  package var builder = PacketBuilder()
  private let sequence: UInt32
  /// The track of the run itself.
  package let runTrack: UInt64
  private var idleTrack: UInt64 = 0
  private var partialTrack: UInt64 = 0
  private var sweepTrack: UInt64 = 0

  package init(_ file: RecordingFile) {
    writer = PacketWriter(file)
    sequence = file.control.nextCounterSequence()
    runTrack = file.control.nextTrack()
  }

  /// Names the run's own track and ties the clocks to one another.
  package mutating func begin(title: String) {
    anchorClocks()
    track(runTrack, name: title)
  }

  /// Describes a track that holds others.
  package mutating func track(_ uuid: UInt64, name: String, parent: UInt64? = nil) {
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, uuid)
    if let parent { builder.field(TrackField.parent, parent) }
    builder.field(TrackField.name, name, limit: 200)
    builder.close(track)
    writer.append(builder)
  }

  /// Describes the tracks that say what a tick looked at.
  package mutating func beginTicks() {
    idleTrack = tickTrack("idle tick")
    partialTrack = tickTrack("partial tick")
    sweepTrack = tickTrack("memory sweep")
  }

  private mutating func tickTrack(_ name: String) -> UInt64 {
    let uuid = writer.file.control.nextTrack()
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, uuid)
    builder.field(TrackField.parent, runTrack)
    builder.field(TrackField.name, name)
    let counter = builder.open(TrackField.counter)
    builder.field(CounterField.category, StaticString("stripchart"))
    builder.close(counter)
    builder.close(track)
    writer.append(builder)
    return uuid
  }

  /// A tick that did not look at every process: what has ended since may still be in its sums.
  package mutating func partialTick(_ number: UInt64, at time: UInt64) {
    compose(partialTrack, number, at: time)
    writer.append(builder)
  }

  /// A tick that read the proportional size of every process.
  package mutating func memorySweep(_ number: UInt64, at time: UInt64) {
    compose(sweepTrack, number, at: time)
    writer.append(builder)
  }

  /// A tick that found nothing new. It is written before the next news, and only if it is the last such tick then: so a
  /// change is known to lie between two ticks, and an idle hour costs nothing.
  package mutating func idleTick(_ number: UInt64, at time: UInt64) {
    compose(idleTrack, number, at: time)
    writer.putOff(builder)
  }

  private mutating func compose(_ track: UInt64, _ number: UInt64, at time: UInt64) {
    builder.clear()
    builder.field(PacketField.timestamp, time)
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let event = builder.open(PacketField.trackEvent)
    builder.field(EventField.type, EventType.counter)
    builder.field(EventField.track, track)
    builder.field(EventField.value, number)
    builder.close(event)
  }

  /// The same moment on CLOCK_BOOTTIME, CLOCK_MONOTONIC and the wall clock; repeated, it shows a stepped clock.
  package mutating func anchorClocks() {
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let snapshot = builder.open(PacketField.clockSnapshot)
    let boottime = Clock.boottime()
    for (id, time) in [
      (ClockID.boottime, boottime), (ClockID.monotonic, Clock.monotonic()), (ClockID.realtime, Clock.realtime()),
    ] {
      let clock = builder.open(ClockSnapshotField.clock)
      builder.field(ClockSnapshotField.clockID, id)
      builder.field(ClockSnapshotField.time, time)
      builder.close(clock)
    }
    builder.close(snapshot)
    writer.append(builder)
  }

  /// uname(2), for the engine's metadata table.
  package mutating func system(_ names: Machine.Names, ticksPerSecond: Int64) {
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let info = builder.open(PacketField.systemInfo)
    let uts = builder.open(1)
    builder.field(1, names.system)
    builder.field(2, names.version)
    builder.field(3, names.release)
    builder.field(4, names.machine)
    builder.close(uts)
    builder.field(3, UInt64(ticksPerSecond))
    builder.field(6, UInt64(Machine.pageSize))
    builder.close(info)
    writer.append(builder)
  }

  /// A process's track and its row in Perfetto's process table.
  package mutating func process(
    _ pid: Int32, parent: Int32, name: String, arguments: [String], user: UInt32?, track: UInt64, at time: UInt64
  ) {
    builder.clear()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let descriptor = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, track)
    let process = builder.open(TrackField.process)
    builder.field(ProcessField.pid, UInt64(UInt32(bitPattern: pid)))
    builder.field(ProcessField.name, name, limit: 255)
    builder.close(process)
    builder.close(descriptor)
    writer.append(builder)

    builder.clear()
    builder.field(PacketField.timestamp, time)
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let tree = builder.open(PacketField.processTree)
    let row = builder.open(ProcessTreeField.process)
    builder.field(ProcessTreeField.pid, UInt64(UInt32(bitPattern: pid)))
    builder.field(ProcessTreeField.parent, UInt64(UInt32(bitPattern: parent)))
    var room = 4096
    for argument in arguments.isEmpty ? [name] : arguments where room > 0 {
      builder.field(ProcessTreeField.commandLine, argument, limit: room)
      room -= argument.utf8.count + 4
    }
    if let user { builder.field(ProcessTreeField.user, UInt64(user)) }
    builder.close(row)
    builder.close(tree)
    writer.append(builder)
  }

  /// One entry. `track` is the run's or a process's.
  package mutating func note(_ name: StaticString, at time: UInt64, on track: UInt64, _ values: [Annotation]) {
    builder.clear()
    builder.field(PacketField.timestamp, time)
    builder.field(PacketField.sequenceID, UInt64(sequence))
    let event = builder.open(PacketField.trackEvent)
    builder.field(EventField.type, EventType.instant)
    builder.field(EventField.track, track)
    builder.field(EventField.category, StaticString("stripchart"))
    builder.field(EventField.name, name)
    for annotation in values { builder.annotation(annotation) }
    builder.close(event)
    writer.append(builder)
  }

  /// What changed in a group.
  package mutating func counters(_ group: inout CounterGroup, _ sample: borrowing SampleValues, at time: UInt64) {
    group.record(sample, at: time, to: &writer, with: &builder)
  }

  package mutating func end(_ group: inout CounterGroup, at time: UInt64) {
    group.end(at: time, to: &writer, with: &builder)
  }
}

/// A named value beside a journal entry. What is `nil` is left out: missing, not zero.
package struct Annotation: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case integer(Int64)
    case text(String)
    case texts([String])
    case integers([Int64])
    case flag(Bool)
    case real(Double)
  }

  package let name: String
  package let value: Value?
  /// Bytes of text in one: what is longer is cut.
  package static let longest = 3000

  package init(_ name: String, _ value: Int64?) {
    self.name = name
    self.value = value.map { .integer($0) }
  }

  package init(_ name: String, text: String?) {
    self.name = name
    self.value = text.map { .text($0) }
  }

  package init(_ name: String, texts: [String]) {
    self.name = name
    self.value = .texts(texts)
  }

  package init(_ name: String, integers: [Int64]?) {
    self.name = name
    self.value = integers.map { .integers($0) }
  }

  package init(_ name: String, flag: Bool) {
    self.name = name
    self.value = .flag(flag)
  }

  package init(name: String, value: Value) {
    self.name = name
    self.value = value
  }
}

extension PacketBuilder {
  /// What does not fit any more is left out: the rest of the entry is worth keeping.
  mutating func annotation(_ annotation: Annotation) {
    guard let value = annotation.value else { return }
    let before = count
    let start = open(EventField.annotation)
    field(AnnotationField.name, annotation.name)
    switch value {
    case .integer(let value): field(AnnotationField.integer, signed: value)
    case .text(let text): field(AnnotationField.string, text, limit: Annotation.longest)
    case .flag(let flag): field(AnnotationField.bool, flag ? 1 : 0)
    case .real(let value): field(AnnotationField.double, double: value)
    case .texts(let texts):
      var room = Annotation.longest
      for text in texts where room > 0 {
        let element = open(AnnotationField.arrayValue)
        field(AnnotationField.string, text, limit: room)
        close(element)
        room -= text.utf8.count + 8
      }
    case .integers(let values):
      for value in values {
        let element = open(AnnotationField.arrayValue)
        field(AnnotationField.integer, signed: value)
        close(element)
      }
    }
    close(start)
    if overflowed { cut(to: before) }
  }
}
