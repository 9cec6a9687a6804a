internal import StripPlatform
internal import Synchronization

/// A span that ended where its pen must not be written with: its end waits for whoever may.
struct LateEnd {
  let pen: UInt
  let serial: UInt32
  let time: UInt64
  let arguments: SpanRecorder.Arguments
}

/// What a bridge writes: spans that only their token ends, with arguments that are encoded only if an event is written.
extension SpanRecorder {
  package typealias Arguments = @Sendable (inout PacketBuilder) -> Void

  /// Begins a span that ``leave(_:_:_:)-closure`` ends by the token that the pen has then. An end without a token
  /// leaves it alone.
  package func beginByToken(_ name: UInt32, _ pen: Pen) {
    if unsafe !pen.pointee.isOf(generation) || !pen.pointee.begin(name) { unsafe beginSlowly(name, pen) }
    unsafe pen.pointee.keepForToken()
  }

  package func beginByToken(_ name: UInt32, _ pen: Pen, _ arguments: (inout PacketBuilder) -> Void) {
    _ = unsafe beginWide(name, room: 0, pen, arguments)
    unsafe pen.pointee.keepForToken()
  }

  /// Ends the span of a token. Spans of bridges that are still open inside it end with it; where spans of the program
  /// are, it waits for them.
  /// `false`: it is not open any more.
  package func leave(_ token: UInt64, _ pen: Pen, _ arguments: Arguments?) -> Bool {
    unsafe settle(pen)
    guard unsafe pen.pointee.generation == generation, unsafe isOpen(token, pen) else { return false }
    let depth = Int(token & 0xFFFF)
    if unsafe pen.pointee.depth > depth {
      // Safe because the depth lies between 1 and the capacity.
      for inner in depth..<(unsafe pen.pointee.depth) where unsafe pen.pointee.stack[inner] & SpanThread.byToken == 0 {
        unsafe leaveLater(token, pen, arguments ?? { _ in })
        return true
      }
      while unsafe pen.pointee.depth > depth { unsafe end(.none, isLate: true, pen) }
    }
    if let arguments {
      unsafe end(at: nil, pen, arguments)
    } else {
      unsafe pen.pointee.giveToAnyEnd()
      if unsafe !pen.pointee.end() { unsafe endSlowly(pen) }
    }
    return true
  }

  /// The same from where the pen must not be written with. The time is now's.
  package func leaveLater(_ token: UInt64, _ pen: Pen, _ arguments: @escaping Arguments) {
    let late = LateEnd(
      pen: UInt(bitPattern: pen), serial: UInt32(truncatingIfNeeded: token >> 32), time: Clock.boottime(),
      arguments: arguments)
    lock.withLock {
      // Those whose span was ended from outside in the same moment are never asked for.
      if lateEnds.count >= 4096 { lateEnds.removeFirst(1024) }
      lateEnds.append(late)
    }
    hasLateEnds.store(true, ordering: .releasing)
  }

  /// Is the span of the token open on this pen?
  package func isOpen(_ token: UInt64, _ pen: Pen) -> Bool {
    let depth = Int(token & 0xFFFF)
    // Safe because the depth lies between 1 and the capacity.
    return unsafe depth > 0 && depth <= pen.pointee.depth && depth <= SpanThread.stackCapacity
      && pen.pointee.stack[depth - 1] >> 32 == token >> 32
  }

  /// Are all spans inside that of the token the program's own? (So that another one nests below it.)
  package func isInnermostByToken(_ token: UInt64, _ pen: Pen) -> Bool {
    guard unsafe isOpen(token, pen), unsafe pen.pointee.depth < SpanThread.stackCapacity else { return false }
    // Safe because both lie between 1 and the capacity.
    for inner in Int(token & 0xFFFF)..<(unsafe pen.pointee.depth)
    where unsafe pen.pointee.stack[inner] & SpanThread.byToken != 0 {
      return false
    }
    return true
  }

  /// Is none open that ends by its token?
  package func hasNoneByToken(_ pen: Pen) -> Bool {
    guard unsafe pen.pointee.depth < SpanThread.stackCapacity else { return false }
    // Safe because the depth is below the capacity.
    for entry in 0..<(unsafe pen.pointee.depth) where unsafe pen.pointee.stack[entry] & SpanThread.byToken != 0 {
      return false
    }
    return true
  }

  /// Before an end without a token: ends what must not be taken for it.
  func endInnerByToken(_ pen: Pen) {
    while unsafe pen.pointee.isInnermostByToken {
      unsafe settle(pen)
      if unsafe pen.pointee.isInnermostByToken { unsafe end(.none, isLate: true, pen) }
    }
  }

  /// Writes the ends that waited for this pen's user, as far as they are the innermost.
  package func settle(_ pen: Pen) {
    // Acquire: pairs with the release in `leaveLater`.
    if hasLateEnds.load(ordering: .acquiring) { unsafe settleSlowly(pen) }
  }

  @inline(never)
  private func settleSlowly(_ pen: Pen) {
    while hasLateEnds.load(ordering: .acquiring), unsafe pen.pointee.isOf(generation),
      unsafe pen.pointee.isInnermostByToken
    {
      // Safe because such an entry lies below the capacity.
      let serial = unsafe UInt32(truncatingIfNeeded: pen.pointee.stack[pen.pointee.depth - 1] >> 32)
      let own = UInt(bitPattern: pen)
      let late = lock.withLock { () -> LateEnd? in
        guard let index = lateEnds.firstIndex(where: { $0.pen == own && $0.serial == serial }) else { return nil }
        let late = lateEnds.remove(at: index)
        hasLateEnds.store(!lateEnds.isEmpty, ordering: .relaxed)
        return late
      }
      guard let late else { return }
      unsafe end(at: late.time, pen, late.arguments)
    }
  }

  /// The same for all pens, when the program ends and nobody else is there to do it.
  package func settleAll() {
    let pens = lock.withLock { lateEnds.map { $0.pen } }
    // Safe because a pen is never freed.
    for bits in pens { if let pen = unsafe Pen(bitPattern: bits) { unsafe settle(pen) } }
  }

  /// Ends the innermost span. `given`: when it really ended.
  private func end(at given: UInt64?, _ pen: Pen, _ arguments: (inout PacketBuilder) -> Void) {
    let depth = unsafe pen.pointee.depth
    guard unsafe isReady(pen), depth > 0, depth <= SpanThread.stackCapacity,
      unsafe pen.pointee.stack[depth - 1] & SpanThread.folded == 0
    else { return unsafe end(.none, isLate: false, pen) }
    unsafe pen.pointee.depth -= 1
    guard let now = unsafe open(pen) else { return }
    let last = unsafe pen.pointee.last
    let isDue = unsafe given == nil && now >= pen.pointee.readingDue
    if isDue { unsafe readIfOld(pen, at: now) }
    unsafe write(EventType.end, at: given.map { min(max($0, last), now) } ?? now, pen, hasReading: isDue, arguments)
  }

  /// An instant whose name is made at run time.
  package func mark(_ name: String, _ pen: Pen, _ arguments: (inout PacketBuilder) -> Void) {
    guard unsafe isReady(pen), let time = unsafe open(pen) else { return }
    unsafe write(EventType.instant, at: time, pen) { builder in
      builder.field(EventField.category, StaticString("mark"))
      builder.field(EventField.name, name, limit: NameTable.longestName)
      arguments(&builder)
    }
  }

  // MARK: names that are known later

  /// The begin of a span whose name can be replaced by another one: once.
  @safe package struct Renaming: @unchecked Sendable {
    /// The two bytes of the name's number, and free cells before the begin, where another name can be defined.
    fileprivate let name: UnsafeMutableRawPointer
    fileprivate let room: UnsafeMutableRawPointer
    fileprivate let generation: UInt32
  }

  private static var room: Int { 128 }

  /// As ``beginByToken(_:_:_:)``. `nil`: it cannot be renamed.
  package func beginToRename(_ name: UInt32, _ pen: Pen, _ arguments: (inout PacketBuilder) -> Void) -> Renaming? {
    let renaming = unsafe beginWide(name, room: Self.room, pen, arguments)
    unsafe pen.pointee.keepForToken()
    return renaming
  }

  /// Gives a span that has begun another name, in the file. By one thread at a time, whichever. `false`: its begin is
  /// not there, or the name is longer than some 100 bytes.
  package func rename(_ renaming: Renaming, to name: UInt32) -> Bool {
    let number = Self.valid(name)
    let sequence = unsafe renaming.room.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
    guard renaming.generation == generation, let builder = definition(of: number, sequence: sequence),
      Self.cells(for: builder.count).size <= Self.room
    else { return false }
    // Safe because the cells are this span's, which nobody else writes to, and a chunk stays mapped as long as the
    // recording.
    unsafe publish(builder, at: renaming.room)
    Publish.fence()
    let bytes = UInt16(number & 0x7F | 0x80) | UInt16(number >> 7 & 0x7F) << 8
    unsafe renaming.name.storeBytes(of: bytes.littleEndian, as: UInt16.self)
    return true
  }

  private func definition(of name: UInt32, sequence: UInt32) -> PacketBuilder? {
    let text = unsafe names.text(of: name)
    guard text.count <= Self.room else { return nil }
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, UInt64(sequence))
    unsafe Self.define(name, text, &builder)
    return builder
  }

  /// A begin in the wide form. `room`: so many bytes before it stay free.
  private func beginWide(
    _ name: UInt32, room count: Int, _ pen: Pen, _ arguments: (inout PacketBuilder) -> Void
  ) -> Renaming? {
    let number = Self.valid(name)
    guard unsafe isReady(pen), let now = unsafe open(pen) else {
      unsafe pen.pointee.push(UInt64(number))
      return nil
    }
    if isFolded(number) {
      unsafe fold(number, at: now, pen)
      return nil
    }
    unsafe define(number, pen)
    let isDue = unsafe now >= pen.pointee.readingDue
    if isDue { unsafe readIfOld(pen, at: now) }
    let room = unsafe count > 0 ? leaveRoom(count, pen) : nil
    // Neither the reading's own time nor that of taking a chunk is the span's.
    let time = unsafe self.time(pen)
    var length = 0
    let isWritten = unsafe write(EventType.begin, at: time, pen, hasReading: isDue) { builder in
      arguments(&builder)
      builder.field(EventField.nameID, twoBytes: number)
      length = builder.count
    }
    unsafe pen.pointee.push(UInt64(number))
    guard isWritten, let room = unsafe room else { return nil }
    let (size, start) = Self.cells(for: length)
    let end = unsafe pen.pointee.cursor - size + start + length
    return unsafe Renaming(name: end - 2, room: room, generation: generation)
  }

  /// Leaves blank cells, all in one block. The first tells whose sequence they are.
  private func leaveRoom(_ count: Int, _ pen: Pen) -> UnsafeMutableRawPointer? {
    if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return nil }
    let left = unsafe RecordingLayout.blockSize - Int(bitPattern: pen.pointee.cursor) % RecordingLayout.blockSize
    if left < count {
      unsafe pen.pointee.cursor += left
      if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return nil }
    }
    let room = unsafe pen.pointee.cursor
    // Safe because the cell is ours: a padding field of 14 bytes, of which four say the sequence.
    unsafe Publish.cell(room, 0x0E7A, UInt64(pen.pointee.sequence))
    unsafe pen.pointee.cursor += count
    return unsafe room
  }
}

extension SpanThread {
  /// What the token will be once the next span has begun.
  package var nextToken: UInt64 {
    UInt64(serial &+ 1) << 32 | UInt64(sequence & 0xFFFF) << 16 | UInt64(min(depth + 1, 0xFFFF))
  }

  /// Must the innermost span's end say which one it is?
  var isInnermostByToken: Bool {
    // Safe because the depth lies between 1 and the capacity.
    unsafe depth > 0 && depth <= Self.stackCapacity && stack[depth - 1] & Self.byToken != 0
  }

  fileprivate mutating func keepForToken() {
    // Safe because the depth lies between 1 and the capacity.
    if depth > 0, depth <= Self.stackCapacity { unsafe stack[depth - 1] |= Self.byToken }
  }

  fileprivate mutating func giveToAnyEnd() {
    // Safe because the caller has found the span open.
    unsafe stack[depth - 1] &= ~Self.byToken
  }
}

/// Arguments of events, of any language's values. What does not fit is left out.
extension PacketBuilder {
  package mutating func argument(_ name: String, _ value: String) {
    argument(name) { $0.field(AnnotationField.string, value, limit: 3000) }
  }

  package mutating func argument(_ name: String, _ value: Int64) {
    argument(name) { $0.field(AnnotationField.integer, signed: value) }
  }

  package mutating func argument(_ name: String, _ value: Double) {
    argument(name) { $0.field(AnnotationField.double, double: value) }
  }

  package mutating func argument(_ name: String, _ value: Bool) {
    argument(name) { $0.field(AnnotationField.bool, value ? 1 : 0) }
  }

  /// Room for the time, the readings and the name is left.
  private mutating func argument(_ name: String, _ value: (inout PacketBuilder) -> Void) {
    let before = count
    let start = open(EventField.annotation)
    field(AnnotationField.name, name, limit: 200)
    value(&self)
    close(start)
    if overflowed || count > RecordingLayout.largestPacket - 64 { cut(to: before) }
  }
}
