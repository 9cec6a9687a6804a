internal import StripPlatform

/// Lines: sums in tables, no events. The functions of a process are counted one call at a time (Python: under the GIL), in any of
/// its threads.
extension SpanRecorder {
  package typealias Code = UnsafeMutablePointer<CodeRecord>

  /// The thread comes to a line: the hit before ends, another begins. `offset`: in the function's code; needed for the lines of its
  /// ``LineSteps`` only.
  package func line(_ line: UInt32, at offset: UInt32 = 0, of code: Code, _ pen: Pen) {
    let (lines, time) = unsafe lines(pen)
    unsafe settle(lines, at: time, pen)
    if unsafe lines.pointee.top?.pointee.code != code {
      // We did not see it being entered, or not see those above being left.
      if unsafe !lines.pointee.unwind(to: code, at: time) { unsafe lines.pointee.push(code) }
    }
    var isNew = true
    if let steps = unsafe code.pointee.steps, let top = unsafe lines.pointee.top {
      isNew = unsafe steps.begins(line, at: offset, after: top.pointee.number, &top.pointee.pass)
    }
    unsafe lines.pointee.finish(at: time)
    if let line = unsafe known(line, of: code, pen) { unsafe lines.pointee.start(line, at: time, isNew: isNew) }
  }

  /// The thread enters a function. `line`: it goes on there, after having been suspended, at `offset` of its code.
  package func enter(_ code: Code, resuming line: UInt32? = nil, at offset: UInt32 = 0, _ pen: Pen) {
    let (lines, time) = unsafe lines(pen)
    unsafe settle(lines, at: time, pen)
    unsafe lines.pointee.push(code)
    guard let line, let known = unsafe known(line, of: code, pen) else { return }
    unsafe lines.pointee.top?.pointee.pass = LineSteps.Pass(hits: 0, offset: offset, isResumed: true)
    unsafe lines.pointee.start(known, at: time, isNew: false)
  }

  /// The thread leaves a function, for now or for good.
  package func leave(_ code: Code, _ pen: Pen) {
    let (lines, time) = unsafe lines(pen)
    unsafe settle(lines, at: time, pen)
    guard let top = unsafe lines.pointee.top else { return unsafe lines.pointee.pop(at: time) }
    if unsafe top.pointee.code != code, unsafe !lines.pointee.unwind(to: code, at: time) { return }
    unsafe lines.pointee.pop(at: time)
  }

  /// The thread goes on with another stack of calls (a greenlet): `next` is where that is in its functions, `nil` in none of them. Gives
  /// what is to be kept for the stack that is left; `nil`: it is in none.
  package func switchLines(to next: UnsafeMutableRawPointer?, _ pen: Pen) -> UnsafeMutableRawPointer? {
    if unsafe pen.pointee.seldom.pointee.lines == nil && next == nil { return nil }
    let (lines, time) = unsafe lines(pen)
    unsafe settle(lines, at: time, pen)
    let isOpen = unsafe lines.pointee.depth > 0
    guard let next = unsafe next else {
      if !isOpen { return nil }
      unsafe pen.pointee.seldom.pointee.lines = nil
      return UnsafeMutableRawPointer(lines)
    }
    // Safe because only what this function gave comes back.
    let resumed = unsafe next.assumingMemoryBound(to: LineThread.self)
    unsafe resumed.pointee.clock.resume(at: time, pen.pointee.seldom.pointee.readings.latest)
    unsafe pen.pointee.seldom.pointee.lines = resumed
    if isOpen { return UnsafeMutableRawPointer(lines) }
    lock.withLock { unsafe idleLines.append(lines) }
    return nil
  }

  // MARK: parts

  @inline(__always)
  private func lines(_ pen: Pen) -> (UnsafeMutablePointer<LineThread>, UInt64) {
    if unsafe pen.pointee.generation != generation { _ = unsafe isReady(pen) }
    let time = unsafe time(pen)
    if let known = unsafe pen.pointee.seldom.pointee.lines { return unsafe (known, time) }
    let idle = unsafe lock.withLock { unsafe idleLines.popLast() }
    let lines = unsafe idle ?? UnsafeMutablePointer<LineThread>.allocate(capacity: 1)
    if unsafe idle == nil { unsafe lines.initialize(to: LineThread(at: time)) }
    unsafe lines.pointee.clock.resume(at: time, OwnReading())
    unsafe lines.pointee.clock.readingDue = cost.bound == .max ? .max : 0
    unsafe pen.pointee.seldom.pointee.lines = lines
    return unsafe (lines, time)
  }

  @inline(__always)
  private func settle(_ lines: UnsafeMutablePointer<LineThread>, at time: UInt64, _ pen: Pen) {
    unsafe lines.pointee.clock.settle(at: time)
    if unsafe time >= lines.pointee.clock.readingDue { unsafe read(&lines.pointee.clock, lineBlock, at: time, pen) }
  }

  /// Charges what was used since the last reading. `block`: takes the count of events and readings.
  @inline(never)
  func read(_ clock: inout LineClock, _ block: TableBlock?, at time: UInt64, _ pen: Pen) {
    let isRead = unsafe readIfOld(pen, at: time)
    block?.count(readings: isRead ? 1 : 0, events: clock.events)
    clock.events = 0
    let readings = unsafe pen.pointee.seldom.pointee.readings
    clock.charge(readings.latest)
    clock.readingDue = readings.takenAt &+ cost.bound
    // The reading's own time is no line's.
    clock.last = unsafe self.time(pen)
  }

  @inline(__always)
  private func known(_ line: UInt32, of code: Code, _ pen: Pen) -> UnsafeMutablePointer<CodeLine>? {
    if unsafe code.pointee.generation != generation { unsafe register(code, pen) }
    guard let known = unsafe code.pointee.line(line) else { return nil }
    if unsafe known.pointee.entry == nil { unsafe addEntry(line, known, code, to: &lineBlock) }
    return unsafe known
  }

  func addEntry(
    _ line: UInt32, _ known: UnsafeMutablePointer<CodeLine>, _ code: Code, to block: inout TableBlock?
  ) {
    let number = unsafe code.pointee.number
    func set(_ raw: UnsafeMutableRawPointer) {
      // Safe because an entry is 80 bytes in a block of our own.
      let entry = unsafe raw.assumingMemoryBound(to: LineEntry.self)
      unsafe entry.pointee.code = number
      unsafe entry.pointee.line = line
    }
    var raw = unsafe block?.add { unsafe set($0) }
    if unsafe raw == nil {
      block = TableBlock(.lines, in: file, process: processTrack, thread: 0)
      unsafe raw = block?.add { unsafe set($0) }
    }
    unsafe known.pointee.entry = raw?.assumingMemoryBound(to: LineEntry.self)
  }

  /// Makes a function known to this recording.
  private func register(_ code: Code, _ pen: Pen) {
    unsafe code.pointee.generation = generation
    unsafe code.pointee.number = file.control.nextCode()
    for index in 0..<Int(unsafe code.pointee.lineCount) { unsafe code.pointee.lines[index] = CodeLine() }
    unsafe tell(code.pointee, pen)
  }

  /// What the number of a function means, and its text.
  func tell(_ record: CodeRecord, _ pen: Pen) {
    unsafe note(StaticString("code"), pen) { builder in
      builder.annotation("code", Int64(record.number))
      unsafe builder.annotation("file", record.file)
      unsafe builder.annotation("name", record.name)
      builder.annotation("first_line", Int64(record.firstLine))
      builder.annotation("lines", Int64(record.lineCount))
    }
    unsafe tellSource(record, pen)
  }

  /// The text in pieces of whole lines that fit a packet.
  private func tellSource(_ record: CodeRecord, _ pen: Pen) {
    let text = unsafe record.source
    let most = 6000
    var at = 0
    var line = Int64(record.firstLine)
    while at < text.count {
      var end = at
      var lines: Int64 = 0
      var next = at
      while next < text.count {
        // Safe because the index is below the count.
        while next < text.count, unsafe text[next] != UInt8(ascii: "\n") { next += 1 }
        next = min(next + 1, text.count)
        if next - at > most && end > at { break }
        end = next
        lines += 1
      }
      let piece = unsafe UnsafeRawBufferPointer(rebasing: text[at..<end])
      unsafe note(StaticString("source"), pen) { builder in
        unsafe builder.annotation("file", record.file)
        builder.annotation("first_line", line)
        unsafe builder.annotation("text", piece, limit: most)
      }
      line += lines
      at = end
    }
  }
}
