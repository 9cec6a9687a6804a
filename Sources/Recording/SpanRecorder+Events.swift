package import StripPlatform

/// Events that are not the common case: what ``SpanThread`` could not do, and those that carry more.
extension SpanRecorder {
  /// What ``SpanThread/begin(_:)`` could not do: a new or folded name, a full chunk, a stale clock, a reading, a wide form.
  @inline(never)
  package func beginSlowly(_ name: UInt32, _ pen: Pen) {
    unsafe begin(name, .none, isAgain: false, pen)
  }

  /// With arguments. `isAgain`: a further stretch of something that was suspended. `task`: the track of the task that the thread runs
  /// from here to the end; 0: none.
  package func begin(_ name: UInt32, _ arguments: SpanArguments, isAgain: Bool, of task: UInt64 = 0, _ pen: Pen) {
    let number = Self.valid(name)
    guard unsafe isReady(pen), let now = unsafe open(pen) else {
      unsafe pen.pointee.push(UInt64(number))
      return
    }
    if isFolded(number) { return unsafe fold(number, at: now, pen) }
    unsafe define(number, pen)
    let isDue = unsafe now >= pen.pointee.readingDue
    if isDue { unsafe readIfOld(pen, at: now) }
    // The reading's own time is not the span's.
    let time = isDue ? unsafe time(pen) : now
    var isWritten = false
    // The name's definition may have taken the room that there was.
    if !isDue && arguments.count == 0 && !isAgain && task == 0, unsafe open(pen) != nil {
      isWritten = unsafe pen.pointee.begin(number, at: unsafe max(time, pen.pointee.last))
    }
    if !isWritten {
      unsafe write(EventType.begin, at: time, pen, hasReading: isDue) { builder in
        builder.field(EventField.nameID, UInt64(number))
        if isAgain { builder.field(EventField.category, StaticString("resumed")) }
        if task != 0 { builder.field(EventField.flow, fixed: task) }
        builder.arguments(arguments)
      }
    }
    unsafe pen.pointee.push(UInt64(number))
  }

  @inline(never)
  package func endSlowly(_ pen: Pen) {
    unsafe endInnerByToken(pen)
    unsafe end(.none, isLate: false, pen)
  }

  /// Ends the innermost span. `isLate`: it was still open when one around it ended.
  package func end(_ arguments: SpanArguments, isLate: Bool, _ pen: Pen) {
    guard unsafe isReady(pen), unsafe pen.pointee.depth > 0 else {
      if unsafe pen.pointee.depth > 0 { unsafe pen.pointee.depth -= 1 }
      return
    }
    unsafe pen.pointee.depth -= 1
    let depth = unsafe pen.pointee.depth
    let now = unsafe open(pen)
    // Safe because the depth is below the capacity.
    let isFolded = unsafe depth < SpanThread.stackCapacity && pen.pointee.stack[depth] & SpanThread.folded != 0
    if isFolded {
      let time = unsafe now ?? pen.pointee.last
      if unsafe time >= pen.pointee.readingDue { unsafe readQuietly(pen, at: time) }
      let latest = unsafe pen.pointee.seldom.pointee.readings.latest
      unsafe pen.pointee.seldom.pointee.folds?.end(at: time, latest)
      return
    }
    guard let now else { return }
    let isDue = unsafe now >= pen.pointee.readingDue
    if isDue { unsafe readIfOld(pen, at: now) }
    if !isDue && arguments.count == 0 && !isLate, unsafe pen.pointee.end(at: now) { return }
    unsafe write(EventType.end, at: now, pen, hasReading: isDue) { builder in
      if isLate { builder.annotation("left", "with an outer span") }
      builder.arguments(arguments)
    }
  }

  package enum Left: Int32 {
    case ended = 0
    case withOthers = 1
    case notOpen = 2
    case otherThread = 3
  }

  /// Ends the span of a token, and what is still open inside it.
  package func leave(_ token: UInt64, _ arguments: SpanArguments, _ pen: Pen) -> Left {
    let sequence = UInt32(truncatingIfNeeded: token >> 16) & 0xFFFF
    let depth = Int(token & 0xFFFF)
    guard unsafe pen.pointee.generation == generation, unsafe pen.pointee.sequence & 0xFFFF == sequence else {
      unsafe tellMisuse("ended on another thread", pen)
      return .otherThread
    }
    // Deeper than the stack remembers, a span is known by its depth alone.
    let isOpen =
      unsafe depth > 0 && depth <= pen.pointee.depth
      && (depth > SpanThread.stackCapacity || pen.pointee.stack[depth - 1] >> 32 == token >> 32)
    guard isOpen else {
      // A span that ended with one around it is left a second time by its own block: that was told already.
      unsafe tellMisuse("ended twice", pen)
      return .notOpen
    }
    let isInnermost = unsafe pen.pointee.depth == depth || depth == 0xFFFF
    if !isInnermost {
      unsafe tellMisuse("ended out of order", pen)
      while unsafe pen.pointee.depth > depth { unsafe end(.none, isLate: true, pen) }
    }
    unsafe end(arguments, isLate: false, pen)
    return isInnermost ? .ended : .withOthers
  }

  package func tellMisuse(_ kind: StaticString, _ pen: Pen) {
    guard isWorthTelling() else { return }
    unsafe note(StaticString("misuse"), pen) { builder in builder.annotation("kind", kind) }
  }

  // MARK: parts

  /// 0 is no name: Perfetto takes it for none.
  static func valid(_ name: UInt32) -> UInt32 {
    name == 0 ? UInt32(NameTable.capacity - 1) : min(name, UInt32(NameTable.capacity - 1))
  }

  /// The time, once there is room for an event; `nil`: there is none and will be none.
  func open(_ pen: Pen) -> UInt64? {
    if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return nil }
    return unsafe time(pen)
  }

  /// A new anchor may lie a few nanoseconds before the last event; time never runs backwards in a recording.
  func time(_ pen: Pen) -> UInt64 {
    let known = unsafe pen.pointee.fastTime
    if known == nil { unsafe anchor(pen) }
    return unsafe max(known ?? pen.pointee.anchorTime, pen.pointee.last)
  }

  /// A track event in the wide form. `hasReading`: the thread's latest reading goes with it.
  @discardableResult
  func write(
    _ type: UInt64, at time: UInt64, on track: UInt64? = nil, _ pen: Pen, hasReading: Bool = false,
    _ body: (inout PacketBuilder) -> Void
  ) -> Bool {
    if hasReading { unsafe tellSeldomReadings(pen, at: time) }
    var builder = PacketBuilder()
    builder.field(PacketField.timestamp, unsafe time - pen.pointee.last)
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    let event = builder.open(PacketField.trackEvent)
    builder.field(EventField.type, type)
    if let track { builder.field(EventField.track, track) }
    if hasReading {
      let latest = unsafe pen.pointee.seldom.pointee.readings.latest
      for value in [latest.threadCPU, latest.processCPU, latest.resident, latest.peakResident, latest.minorFaults] {
        builder.field(EventField.extraValue, value)
      }
    }
    body(&builder)
    builder.close(event)
    guard unsafe append(builder, to: pen) else { return false }
    unsafe pen.pointee.last = time
    return true
  }

  /// A note in the journal's manner, on the thread's track.
  package func note(_ name: StaticString, _ pen: Pen, _ body: (inout PacketBuilder) -> Void) {
    guard unsafe isReady(pen), let time = unsafe open(pen) else { return }
    unsafe write(EventType.instant, at: time, pen) { builder in
      builder.field(EventField.category, StaticString("stripchart"))
      builder.field(EventField.name, name)
      body(&builder)
    }
  }

  /// An instant with a name made at run time.
  package func instant(
    _ category: StaticString, _ name: UnsafeRawBufferPointer, _ arguments: SpanArguments, _ pen: Pen
  ) {
    guard unsafe isReady(pen), let time = unsafe open(pen) else { return }
    unsafe write(EventType.instant, at: time, pen) { builder in
      builder.field(EventField.category, category)
      unsafe builder.field(EventField.name, name, limit: NameTable.longestName)
      builder.arguments(arguments)
    }
  }

  /// Describes a name on the pen's sequence, once.
  func define(_ name: UInt32, _ pen: Pen) {
    let bit: UInt64 = 1 << UInt64(name & 63)
    // Safe because the name is below the table's capacity.
    if unsafe pen.pointee.known[Int(name >> 6)] & bit != 0 { return }
    if unsafe describeName(name, pen) { unsafe pen.pointee.known[Int(name >> 6)] |= bit }
  }

  @discardableResult
  func describeName(_ name: UInt32, _ pen: Pen) -> Bool {
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    unsafe Self.define(name, names.text(of: name), &builder)
    return unsafe append(builder, to: pen)
  }

  static func define(_ name: UInt32, _ text: UnsafeRawBufferPointer, _ builder: inout PacketBuilder) {
    builder.field(PacketField.sequenceFlags, SequenceFlag.needsState)
    let interned = builder.open(PacketField.internedData)
    let entry = builder.open(InternedField.eventName)
    builder.field(InternedField.id, UInt64(name))
    unsafe builder.field(InternedField.name, text, limit: NameTable.longestName)
    builder.close(entry)
    builder.close(interned)
  }
}

extension SpanRecorder {
  /// What of the latest reading is told only when it changed, and, the first time, the tracks. After it the thread's next
  /// reading is due when this one is older than the bound.
  private func tellSeldomReadings(_ pen: Pen, at time: UInt64) {
    let readings = unsafe pen.pointee.seldom.pointee.readings
    unsafe pen.pointee.readingDue = time &+ cost.bound
    unsafe pen.pointee.seldom.pointee.readings.writtenAt = time
    let isFirst = readings.told == nil
    if isFirst { unsafe describeReadings(pen, readings.firstTrack) }
    let now = readings.aloneValues
    let before = readings.told ?? (0, 0, 0, 0, 0, 0)
    let pairs = [
      (now.0, before.0), (now.1, before.1), (now.2, before.2), (now.3, before.3), (now.4, before.4), (now.5, before.5),
    ]
    for (index, pair) in pairs.enumerated() where pair.0 != .max && (isFirst || pair.0 != pair.1) {
      let track = readings.firstTrack + UInt64(ThreadReadings.shared.count + index)
      unsafe write(EventType.counter, at: time, on: track, pen) { $0.field(EventField.value, pair.0) }
    }
    unsafe pen.pointee.seldom.pointee.readings.told = now
    unsafe tellThread(of: pen, at: time)
    unsafe tellHeap(pen, at: time)
  }

  private func describeReadings(_ pen: Pen, _ first: UInt64) {
    let tracks = ThreadReadings.shared + ThreadReadings.alone
    for (index, track) in tracks.enumerated() {
      unsafe describeCounter(
        first + UInt64(index), parent: pen.pointee.seldom.pointee.threadTrack, category: "stripchart", unit: track.unit,
        pen
      ) { $0.field(TrackField.name, track.name) }
    }
    if unsafe pen.pointee.seldom.pointee.lane == nil { return }
    unsafe describeCounter(
      first + UInt64(tracks.count), parent: pen.pointee.seldom.pointee.threadTrack, category: "stripchart", unit: 0, pen
    ) { $0.field(TrackField.name, StaticString("thread_id")) }
  }

  func describeCounter(
    _ uuid: UInt64, parent: UInt64, category: StaticString, unit: UInt64, _ pen: Pen,
    _ name: (inout PacketBuilder) -> Void
  ) {
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, uuid)
    builder.field(TrackField.parent, parent)
    name(&builder)
    let counter = builder.open(TrackField.counter)
    builder.field(CounterField.category, category)
    if unit != 0 { builder.field(CounterField.unit, unit) }
    builder.close(counter)
    builder.close(track)
    unsafe append(builder, to: pen)
  }
}

extension PacketBuilder {
  mutating func annotation(_ name: StaticString, _ text: StaticString) {
    let start = open(EventField.annotation)
    field(AnnotationField.name, name)
    field(AnnotationField.string, text)
    close(start)
  }

  mutating func annotation(_ name: StaticString, _ text: UnsafeRawBufferPointer, limit: Int = 3000) {
    let start = open(EventField.annotation)
    field(AnnotationField.name, name)
    unsafe field(AnnotationField.string, text, limit: limit)
    close(start)
  }

  mutating func annotation(_ name: StaticString, _ value: Int64) {
    let start = open(EventField.annotation)
    field(AnnotationField.name, name)
    field(AnnotationField.integer, signed: value)
    close(start)
  }

  /// Of a caller. What does not fit any more is left out.
  mutating func arguments(_ arguments: SpanArguments) {
    for index in 0..<arguments.count {
      let before = count
      let start = open(EventField.annotation)
      unsafe field(AnnotationField.name, arguments.name(index), limit: 200)
      switch arguments.value(index) {
      case .integer(let value): field(AnnotationField.integer, signed: value)
      case .real(let value): field(AnnotationField.double, double: value)
      case .text(let text): unsafe field(AnnotationField.string, text, limit: 3000)
      case .flag(let flag): field(AnnotationField.bool, flag ? 1 : 0)
      }
      close(start)
      if overflowed { return cut(to: before) }
    }
  }
}
