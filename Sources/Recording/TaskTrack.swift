package import StripPlatform

/// The track of a task: something that is suspended and resumed beside others, so that its spans do not nest with the thread's.
///
/// One thread at a time uses it; never freed by us but by ``SpanRecorder/forget(_:)``.
@safe package struct TaskTrack {
  var uuid: UInt64 = 0
  /// Of the recorder that described it.
  var generation: UInt32 = 0
  var depth = 0
  var serial: UInt32 = 0
  fileprivate let name: UnsafeMutableRawBufferPointer
  /// The first ones: when a folded span began, and its name; 0: it has events.
  fileprivate let open: UnsafeMutablePointer<(serial: UInt32, name: UInt32, begin: UInt64)>
  fileprivate static let capacity = 64

  fileprivate init(_ name: UnsafeRawBufferPointer) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(name.count, 200)), alignment: 1)
    let count = min(name.count, copy.count)
    if count > 0 { unsafe copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: name[..<count])) }
    unsafe self.name = UnsafeMutableRawBufferPointer(rebasing: copy[..<count])
    unsafe open = .allocate(capacity: Self.capacity)
  }
}

extension SpanRecorder {
  package typealias TaskPointer = UnsafeMutablePointer<TaskTrack>

  package static func makeTask(_ name: UnsafeRawBufferPointer) -> TaskPointer {
    let task = TaskPointer.allocate(capacity: 1)
    unsafe task.initialize(to: TaskTrack(name))
    return unsafe task
  }

  package static func forget(_ task: TaskPointer) {
    // Safe because the caller promises that nobody uses it any more.
    unsafe task.pointee.open.deallocate()
    unsafe task.pointee.name.deallocate()
    unsafe task.deallocate()
  }

  /// Begins a span on the task's track, by the thread that runs it now. `isAgain`: a further stretch of something that was suspended.
  package func enter(
    _ task: TaskPointer, _ name: UInt32, _ arguments: SpanArguments, isAgain: Bool = false, _ pen: Pen
  ) -> UInt64 {
    guard unsafe isReady(pen), let now = unsafe open(pen) else { return 0 }
    if unsafe task.pointee.generation != generation { unsafe describe(task, pen) }
    let number = Self.valid(name)
    let folds = isFolded(number)
    if !folds {
      unsafe define(number, pen)
      let isDue = unsafe readIfDue(pen, of: task, at: now)
      let time = isDue ? unsafe self.time(pen) : unsafe max(now, pen.pointee.last)
      unsafe write(EventType.begin, at: time, on: task.pointee.uuid, pen, hasReading: isDue) { builder in
        builder.field(EventField.nameID, UInt64(number))
        if isAgain { builder.field(EventField.category, StaticString("resumed")) }
        builder.arguments(arguments)
      }
    }
    unsafe task.pointee.serial &+= 1
    let depth = unsafe task.pointee.depth
    if depth < TaskTrack.capacity {
      // Safe because the depth is below the capacity.
      unsafe task.pointee.open[depth] = (task.pointee.serial, folds ? number : 0, now)
    }
    unsafe task.pointee.depth += 1
    return unsafe UInt64(task.pointee.serial) << 32 | UInt64(depth + 1)
  }

  /// Ends the span of a token, and what is still open inside it.
  package func leave(_ task: TaskPointer, _ token: UInt64, _ arguments: SpanArguments, _ pen: Pen) -> Left {
    let depth = Int(token & 0xFFFF_FFFF)
    guard unsafe isReady(pen), unsafe task.pointee.generation == generation else { return .ended }
    let isOpen =
      unsafe depth > 0 && depth <= task.pointee.depth
      && (depth > TaskTrack.capacity || task.pointee.open[depth - 1].serial == UInt32(token >> 32))
    guard isOpen else { return .notOpen }
    let isInnermost = unsafe task.pointee.depth == depth
    while unsafe task.pointee.depth > depth { unsafe end(task, .none, isLate: true, pen) }
    unsafe end(task, arguments, isLate: false, pen)
    return isInnermost ? .ended : .withOthers
  }

  /// The thread takes up a task or leaves it. Told with a reading, if one is due: what was used up to here is another's. Told without
  /// one by the task that was read last.
  package func switched(_ task: TaskPointer, isResumed: Bool, _ pen: Pen) {
    guard unsafe isReady(pen), unsafe task.pointee.generation == generation, unsafe task.pointee.depth > 0,
      let now = unsafe open(pen)
    else { return }
    let isDue = unsafe readIfDue(pen, of: task, at: now)
    // Who was read last must say that it runs no longer; else what the next one uses could be its.
    guard unsafe isDue || !isResumed && pen.pointee.seldom.pointee.readings.task == task.pointee.uuid else { return }
    if !isResumed { unsafe pen.pointee.seldom.pointee.readings.task = 0 }
    unsafe write(EventType.instant, at: max(now, pen.pointee.last), on: task.pointee.uuid, pen, hasReading: isDue) {
      $0.field(EventField.category, StaticString("stripchart"))
      $0.field(EventField.name, isResumed ? StaticString("resumed") : StaticString("suspended"))
    }
  }

  /// The reading goes with the event, on the tracks of the thread.
  private func readIfDue(_ pen: Pen, of task: TaskPointer, at now: UInt64) -> Bool {
    guard unsafe now >= pen.pointee.readingDue else { return false }
    unsafe readIfOld(pen, at: now)
    unsafe pen.pointee.seldom.pointee.readings.task = task.pointee.uuid
    return true
  }

  private func end(_ task: TaskPointer, _ arguments: SpanArguments, isLate: Bool, _ pen: Pen) {
    unsafe task.pointee.depth -= 1
    let depth = unsafe task.pointee.depth
    guard let now = unsafe open(pen) else { return }
    if depth < TaskTrack.capacity, unsafe task.pointee.open[depth].name != 0 {
      let (name, begin) = unsafe (task.pointee.open[depth].name, task.pointee.open[depth].begin)
      return unsafe foldWhole(name, from: begin, to: now, pen)
    }
    let isDue = unsafe readIfDue(pen, of: task, at: now)
    unsafe write(EventType.end, at: now, on: task.pointee.uuid, pen, hasReading: isDue) { builder in
      if isLate { builder.annotation("left", "with an outer span") }
      builder.arguments(arguments)
    }
  }

  /// Begins a stretch on the thread's track, in which it runs the task. It ends as any span of the thread's.
  package func run(_ task: TaskPointer, _ name: UInt32, _ arguments: SpanArguments, isAgain: Bool, _ pen: Pen) {
    if unsafe isReady(pen), unsafe task.pointee.generation != generation, unsafe open(pen) != nil {
      unsafe describe(task, pen)
    }
    let track = unsafe task.pointee.generation == generation ? task.pointee.uuid : 0
    unsafe begin(name, arguments, isAgain: isAgain, of: track, pen)
  }

  private func describe(_ task: TaskPointer, _ pen: Pen) {
    unsafe task.pointee.uuid = file.control.nextTrack()
    unsafe task.pointee.generation = generation
    unsafe task.pointee.depth = 0
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, unsafe task.pointee.uuid)
    builder.field(TrackField.parent, unsafe pen.pointee.seldom.pointee.threadTrack)
    let prefix: StaticString = "task "
    unsafe withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let name = unsafe task.pointee.name
      // Safe because a name has at most 200 bytes.
      for index in 0..<prefix.utf8CodeUnitCount { unsafe text[index] = prefix.utf8Start[index] }
      for index in 0..<name.count { unsafe text[prefix.utf8CodeUnitCount + index] = name[index] }
      let whole = unsafe UnsafeRawBufferPointer(rebasing: text[..<(prefix.utf8CodeUnitCount + name.count)])
      unsafe builder.field(TrackField.name, whole, limit: 255)
    }
    builder.close(track)
    unsafe append(builder, to: pen)
  }
}
