/// A function that marks its own lines: where it stands and its text, all of which live as long as the program.
@safe package struct LineSite {
  package let function: UnsafeRawBufferPointer
  package let file: UnsafeRawBufferPointer
  package let source: UnsafeRawBufferPointer
  package let firstLine: UInt32
  package let lineCount: UInt32

  /// Tells it from others: two functions of the same text have lines of their own.
  var key: UInt { UInt(bitPattern: unsafe source.baseAddress) &+ UInt(firstLine) << 48 }

  package init(
    function: UnsafeRawBufferPointer, file: UnsafeRawBufferPointer, source: UnsafeRawBufferPointer, firstLine: UInt32,
    lineCount: UInt32
  ) {
    unsafe self.function = function
    unsafe self.file = file
    unsafe self.source = source
    self.firstLine = firstLine
    self.lineCount = lineCount
  }
}

/// The lines of the functions that one thread has run, for functions that mark their own lines: their tables are the thread's alone,
/// as several threads run at once. Never freed, like the pen that it belongs to.
@safe public struct LineTables {
  @usableFromInline var clock: LineClock
  var block: TableBlock?
  /// Open addressing by the key of the site; a power of two places, at most half of them taken.
  private var places: UnsafeMutablePointer<(key: UInt, code: SpanRecorder.Code?)>
  private var capacity = 64
  private var count = 0

  init(at time: UInt64) {
    clock = LineClock(at: time)
    unsafe places = Self.empty(64)
  }

  private static func empty(_ capacity: Int) -> UnsafeMutablePointer<(key: UInt, code: SpanRecorder.Code?)> {
    let places = UnsafeMutablePointer<(key: UInt, code: SpanRecorder.Code?)>.allocate(capacity: capacity)
    unsafe places.initialize(repeating: (0, nil), count: capacity)
    return unsafe places
  }

  @inline(__always)
  func code(_ key: UInt) -> SpanRecorder.Code? {
    var place = Self.start(key, capacity)
    // Safe because the place is below the capacity, and one of them is empty.
    while unsafe places[place].key != 0 {
      if unsafe places[place].key == key { return unsafe places[place].code }
      place = (place &+ 1) & (capacity &- 1)
    }
    return nil
  }

  mutating func add(_ code: SpanRecorder.Code, _ key: UInt) {
    if count * 2 >= capacity {
      let (old, oldCapacity) = unsafe (places, capacity)
      capacity *= 2
      unsafe places = Self.empty(capacity)
      for index in 0..<oldCapacity where unsafe old[index].key != 0 {
        unsafe put(old[index].code, old[index].key)
      }
      unsafe old.deallocate()
    }
    unsafe put(code, key)
    count += 1
  }

  private func put(_ code: SpanRecorder.Code?, _ key: UInt) {
    var place = Self.start(key, capacity)
    while unsafe places[place].key != 0 { place = (place + 1) & (capacity - 1) }
    unsafe places[place] = (key, code)
  }

  @inline(__always)
  private static func start(_ key: UInt, _ capacity: Int) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (capacity &- 1)
  }
}

extension SpanRecorder {
  /// The lines of a function in the pen's thread. The first time in a thread allocates; the first time in a process tells the recording
  /// what the function is. Otherwise some nanoseconds.
  package func code(of site: LineSite, _ pen: Pen) -> (code: Code, tables: UnsafeMutablePointer<LineTables>) {
    let tables = unsafe lineTables(pen)
    if let known = unsafe tables.pointee.code(site.key) { return unsafe (known, tables) }
    let code = Code.allocate(capacity: 1)
    unsafe code.initialize(to: CodeRecord(sharing: site))
    let (number, isNew) = lock.withLock { () -> (UInt32, Bool) in
      if let known = siteNumbers[site.key] { return (known, false) }
      let number = file.control.nextCode()
      siteNumbers[site.key] = number
      return (number, true)
    }
    unsafe code.pointee.number = number
    unsafe code.pointee.generation = generation
    if isNew { unsafe tell(code.pointee, pen) }
    unsafe tables.pointee.add(code, site.key)
    return unsafe (code, tables)
  }

  private func lineTables(_ pen: Pen) -> UnsafeMutablePointer<LineTables> {
    if let known = unsafe pen.pointee.seldom.pointee.tables { return unsafe known }
    let tables = UnsafeMutablePointer<LineTables>.allocate(capacity: 1)
    unsafe tables.initialize(to: LineTables(at: time(pen)))
    unsafe tables.pointee.clock.readingDue = cost.bound == .max ? .max : 0
    unsafe pen.pointee.seldom.pointee.tables = tables
    return unsafe tables
  }

  /// The line of a function, with an entry unless the file is full. `nil`: it is outside of the function.
  package func line(_ line: UInt32, of code: Code, in tables: UnsafeMutablePointer<LineTables>) -> UnsafeMutablePointer<
    CodeLine
  >? {
    guard let known = unsafe code.pointee.line(line) else { return nil }
    if unsafe known.pointee.entry == nil { unsafe addEntry(line, known, code, to: &tables.pointee.block) }
    return unsafe known
  }
}
