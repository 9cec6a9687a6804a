internal import StripPlatform

/// One run of a function that marks its own lines, by the thread that began it.
///
/// Public and inlinable because only such code is inlined across modules. ``at(_:)`` is the hot path: one clock reading and some
/// sums in the file. Whatever is not the common case (a line that was never reached, a stale clock, a reading that is due) goes
/// through ``SpanRecorder``.
@safe @frozen public struct LineRun {
  public let pen: UnsafeMutablePointer<SpanThread>
  @usableFromInline let tables: UnsafeMutablePointer<LineTables>
  @usableFromInline let lines: UnsafeMutablePointer<CodeLine>
  @usableFromInline let firstLine: UInt32
  @usableFromInline let lineCount: UInt32
  /// The line that runs, and since when.
  @usableFromInline var current: UnsafeMutablePointer<CodeLine>?
  @usableFromInline var start: UInt64 = 0
  /// What ran in the thread before: the line that called this function.
  @usableFromInline let caller: UnsafeMutablePointer<LineEntry>?
  /// The function in its thread.
  fileprivate let code: UInt

  init(_ code: SpanRecorder.Code, _ tables: UnsafeMutablePointer<LineTables>, _ pen: SpanRecorder.Pen) {
    unsafe self.pen = pen
    unsafe self.tables = tables
    unsafe lines = code.pointee.lines
    firstLine = unsafe code.pointee.firstLine
    lineCount = unsafe code.pointee.lineCount
    unsafe current = nil
    unsafe caller = tables.pointee.clock.running
    self.code = UInt(bitPattern: code)
  }

  /// The line before ends, this one begins. `false`: the slow way must be taken. Nothing was written.
  @inlinable @inline(__always)
  public mutating func at(_ line: UInt32) -> Bool {
    let index = line &- firstLine
    // Safe because the index is below the count; a line before the first wraps to far above it.
    guard index < lineCount, let entry = unsafe lines[Int(index)].entry, let time = time() else { return false }
    unsafe tables.pointee.clock.settle(at: time)
    finishCurrent(at: time)
    unsafe begin(lines + Int(index), entry, at: time)
    return true
  }

  /// The run ends. `false`: as ``at(_:)``.
  @inlinable @inline(__always)
  public func end() -> Bool {
    guard let time = time() else { return false }
    unsafe tables.pointee.clock.settle(at: time)
    finishCurrent(at: time)
    unsafe tables.pointee.clock.running = caller
    return true
  }

  @inlinable @inline(__always)
  func finishCurrent(at time: UInt64) {
    if let current = unsafe current { unsafe current.pointee.finish(since: start, at: time) }
  }

  /// `nil`: the clock must be anchored, or the thread's counters are to be read.
  @inlinable @inline(__always)
  func time() -> UInt64? {
    guard let now = unsafe pen.pointee.fastTime else { return nil }
    // A new anchor may lie a few nanoseconds back.
    let time = unsafe max(now, tables.pointee.clock.last)
    return unsafe time < tables.pointee.clock.readingDue ? time : nil
  }

  @inlinable @inline(__always)
  mutating func begin(
    _ line: UnsafeMutablePointer<CodeLine>, _ entry: UnsafeMutablePointer<LineEntry>, at time: UInt64
  ) {
    unsafe line.pointee.start(at: time, isNew: true)
    unsafe current = line
    start = time
    unsafe tables.pointee.clock.running = entry
  }
}

extension SpanRecorder {
  /// A run of the function begins in the pen's thread.
  package func run(of site: LineSite, _ pen: Pen) -> LineRun {
    let (code, tables) = unsafe code(of: site, pen)
    return unsafe LineRun(code, tables, pen)
  }

  /// What ``LineRun/at(_:)`` could not do.
  package func at(_ line: UInt32, _ run: inout LineRun) {
    let time = unsafe settle(run.tables, run.pen)
    run.finishCurrent(at: time)
    unsafe run.current = nil
    unsafe run.tables.pointee.clock.running = nil
    // Safe because only `init` above sets it.
    guard let code = unsafe Code(bitPattern: run.code), let known = unsafe self.line(line, of: code, in: run.tables),
      let entry = unsafe known.pointee.entry
    else { return }
    unsafe run.begin(known, entry, at: time)
  }

  /// What ``LineRun/end()`` could not do.
  package func end(_ run: LineRun) {
    let time = unsafe settle(run.tables, run.pen)
    run.finishCurrent(at: time)
    unsafe run.tables.pointee.clock.running = run.caller
  }

  /// A function that may be suspended goes from a line, which began at `start`, to another one; 0: there is none. The time.
  /// `isSame`: the line before ran in the pen's thread alone, so that what this has used since its last reading is that line's.
  package func go(
    from old: UInt32, since start: UInt64, isSame: Bool, to new: UInt32, of site: LineSite, _ pen: Pen
  ) -> UInt64 {
    let (code, tables) = unsafe code(of: site, pen)
    let now = unsafe max(time(pen), start)
    let entry = old == 0 ? nil : unsafe line(old, of: code, in: tables)?.pointee.entry
    if let entry = unsafe entry {
      unsafe entry.pointee.own &+= now - start
      unsafe entry.pointee.total &+= now - start
      if unsafe now - start > entry.pointee.longest { unsafe entry.pointee.longest = now - start }
    }
    let running = unsafe tables.pointee.clock.running
    unsafe tables.pointee.clock.running = isSame ? entry : nil
    unsafe tables.pointee.clock.last = now
    unsafe tables.pointee.clock.events &+= 1
    if unsafe now >= tables.pointee.clock.readingDue {
      unsafe read(&tables.pointee.clock, tables.pointee.block, at: now, pen)
    }
    unsafe tables.pointee.clock.running = running
    if new != 0, let entry = unsafe line(new, of: code, in: tables)?.pointee.entry { unsafe entry.pointee.hits &+= 1 }
    // The reading's own time is no line's.
    return unsafe tables.pointee.clock.last
  }

  /// Anchors the thread's clock and reads its counters, if either is due. The time.
  private func settle(_ tables: UnsafeMutablePointer<LineTables>, _ pen: Pen) -> UInt64 {
    let time = unsafe max(self.time(pen), tables.pointee.clock.last)
    unsafe tables.pointee.clock.settle(at: time)
    guard unsafe time >= tables.pointee.clock.readingDue else { return time }
    unsafe read(&tables.pointee.clock, tables.pointee.block, at: time, pen)
    return unsafe tables.pointee.clock.last
  }
}
