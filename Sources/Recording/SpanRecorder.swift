internal import StripPlatform

/// Writes the spans of this process into a recording: one ``SpanThread`` for each thread that uses it.
///
/// Threads meet only in the file's claim of a chunk. A thread that ends leaves its pen for the next one; a forked
/// child starts pens of its own.
@safe package final class SpanRecorder: @unchecked Sendable {
  package typealias Pen = UnsafeMutablePointer<SpanThread>

  package let file: RecordingFile
  package let names: NameTable
  private var pid: Int32
  private var processTrack: UInt64
  /// Pens of threads that ended. Guarded by `lock`.
  private var spare: [Pen]
  private let lock = SpinLock()
  private let nowhere: UnsafeMutableRawPointer

  package init(_ file: RecordingFile, names: NameTable) {
    self.file = file
    self.names = names
    pid = Own.pid
    processTrack = file.control.nextTrack()
    unsafe spare = []
    // Safe because never freed, and never written: a pen whose cursor and limit are here has no room.
    unsafe nowhere = .allocate(byteCount: 16, alignment: 16)
  }

  // MARK: threads

  /// A pen for the calling thread, with its track described. `nil`: the recording takes no more.
  package func makePen() -> Pen? {
    let pen = unsafe lock.withLock { unsafe spare.popLast() } ?? newPen()
    unsafe describeThread(pen)
    return unsafe pen
  }

  private func newPen() -> Pen {
    let pen = Pen.allocate(capacity: 1)
    let known = UnsafeMutablePointer<UInt64>.allocate(capacity: SpanThread.knownWords)
    unsafe pen.initialize(to: SpanThread(known: known, nowhere: nowhere))
    unsafe pen.pointee.setSequence(file.control.nextSpanSequence())
    return unsafe pen
  }

  /// The thread that owned it has ended.
  package func retire(_ pen: Pen) { lock.withLock { unsafe spare.append(pen) } }

  /// In a forked child, before any other thread exists: everything that was the parent's is forgotten.
  package func forked() {
    lock.forget()
    names.forgetLock()
    unsafe spare = []
    pid = Own.pid
    processTrack = file.control.nextTrack()
  }

  /// Starts the sequence's state: process, thread, clock, track.
  private func describeThread(_ pen: Pen) {
    for word in 0..<SpanThread.knownWords { unsafe pen.pointee.known[word] = 0 }
    unsafe pen.pointee.isOff = false
    var builder = PacketBuilder()
    let sequence = unsafe UInt64(pen.pointee.sequence)
    builder.field(PacketField.sequenceID, sequence)
    var track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, processTrack)
    let process = builder.open(TrackField.process)
    builder.field(ProcessField.pid, UInt64(UInt32(bitPattern: pid)))
    builder.field(ProcessField.name, Own.processName())
    builder.close(process)
    builder.close(track)
    unsafe append(builder, to: pen)

    let threadTrack = file.control.nextTrack()
    builder.clear()
    builder.field(PacketField.sequenceID, sequence)
    track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, threadTrack)
    builder.field(TrackField.parent, processTrack)
    let thread = builder.open(TrackField.thread)
    builder.field(ThreadField.pid, UInt64(UInt32(bitPattern: pid)))
    builder.field(ThreadField.tid, UInt64(UInt32(bitPattern: Own.tid)))
    builder.field(ThreadField.name, Own.threadName())
    builder.close(thread)
    builder.close(track)
    unsafe append(builder, to: pen)

    unsafe anchor(pen)
    let now = unsafe pen.pointee.anchorTime
    builder.clear()
    builder.field(PacketField.sequenceID, sequence)
    builder.field(PacketField.sequenceFlags, SequenceFlag.cleared)
    builder.sequenceClock(at: now)
    let defaults = builder.open(PacketField.defaults)
    builder.field(DefaultsField.clockID, ClockID.sequence)
    let event = builder.open(DefaultsField.trackEvent)
    builder.field(EventField.track, threadTrack)
    builder.close(event)
    builder.close(defaults)
    unsafe append(builder, to: pen)
    unsafe pen.pointee.last = now
  }

  // MARK: events

  /// Begins a span. Cost: a clock reading and a store, except where ``beginSlowly(_:_:)`` is needed.
  @inline(__always)
  package func begin(_ name: UInt32, _ pen: Pen) {
    if unsafe !pen.pointee.begin(name) { unsafe beginSlowly(name, pen) }
  }

  /// Ends the innermost span of the pen's thread.
  @inline(__always)
  package func end(_ pen: Pen) {
    if unsafe !pen.pointee.end() { unsafe endSlowly(pen) }
  }

  /// What ``SpanThread/begin(_:)`` could not do: a new name, a full chunk, a stale clock, a wide form.
  @inline(never)
  package func beginSlowly(_ name: UInt32, _ pen: Pen) { unsafe slow(EventType.begin, name, pen) }

  @inline(never)
  package func endSlowly(_ pen: Pen) { unsafe slow(EventType.end, 0, pen) }

  private func slow(_ type: UInt64, _ name: UInt32, _ pen: Pen) {
    if unsafe pen.pointee.isOff { return }
    // 0 is no name: Perfetto takes it for none.
    let number = name == 0 ? UInt32(NameTable.capacity - 1) : min(name, UInt32(NameTable.capacity - 1))
    if type == EventType.begin { unsafe define(number, pen) }
    if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return }
    let known = unsafe pen.pointee.fastTime
    if known == nil { unsafe anchor(pen) }
    // A new anchor may lie a few nanoseconds before the last event; time never runs backwards in a recording.
    let time = unsafe max(known ?? pen.pointee.anchorTime, pen.pointee.last)
    let fits = unsafe type == EventType.begin ? pen.pointee.begin(number, at: time) : pen.pointee.end(at: time)
    if !fits { unsafe write(type, number, at: time, pen) }
  }

  /// An event in the wide form: two cells, any gap, any sequence, any name.
  private func write(_ type: UInt64, _ name: UInt32, at time: UInt64, _ pen: Pen) {
    var builder = PacketBuilder()
    builder.field(PacketField.timestamp, unsafe time - pen.pointee.last)
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    let event = builder.open(PacketField.trackEvent)
    builder.field(EventField.type, type)
    if type == EventType.begin { builder.field(EventField.nameID, UInt64(name)) }
    builder.close(event)
    if unsafe append(builder, to: pen) { unsafe pen.pointee.last = time }
  }

  private func define(_ name: UInt32, _ pen: Pen) {
    let bit: UInt64 = 1 << UInt64(name & 63)
    // Safe because the name is below the table's capacity.
    if unsafe pen.pointee.known[Int(name >> 6)] & bit != 0 { return }
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    builder.field(PacketField.sequenceFlags, SequenceFlag.needsState)
    let interned = builder.open(PacketField.internedData)
    let entry = builder.open(InternedField.eventName)
    builder.field(InternedField.id, UInt64(name))
    let text = unsafe names.text(of: name)
    unsafe builder.field(InternedField.name, text, limit: NameTable.longestName)
    builder.close(entry)
    builder.close(interned)
    if unsafe append(builder, to: pen) { unsafe pen.pointee.known[Int(name >> 6)] |= bit }
  }

  private func anchor(_ pen: Pen) {
    let multiplier = file.control.cycleMultiplier
    unsafe pen.pointee.anchorTime = Clock.boottime()
    unsafe pen.pointee.anchorCycles = Clock.cycles()
    unsafe pen.pointee.multiplier = multiplier
    unsafe pen.pointee.maximumCycles = multiplier == 0 ? 0 : (SpanThread.anchorNanoseconds << 24) / multiplier
  }

  // MARK: chunks

  /// Takes a chunk and fills it with sixteen-byte padding fields, each of which one event replaces.
  private func claim(_ pen: Pen) -> Bool {
    let count = unsafe pen.pointee.chunk
    guard let start = unsafe file.claim(count, forSpans: true) else {
      unsafe pen.pointee.cursor = nowhere
      unsafe pen.pointee.limit = nowhere
      unsafe pen.pointee.isOff = true
      unsafe pen.pointee.chunkBytes = 0
      return false
    }
    let bytes = count * RecordingLayout.blockSize
    let old = unsafe pen.pointee.chunkBytes
    if old > 0 { unsafe SharedMapping.release(pen.pointee.limit - old, count: old) }
    unsafe pen.pointee.chunkBytes = bytes
    for block in stride(from: 0, to: bytes, by: RecordingLayout.blockSize) { unsafe blank(start + block) }
    unsafe pen.pointee.cursor = start
    unsafe pen.pointee.limit = start + bytes
    unsafe pen.pointee.chunk = min(count * 2, RecordingFile.largestChunk)
    return true
  }

  /// One padding field over the whole block, then a small one in each cell from the last to the first: a kill on the way leaves
  /// fields that end where the block ends.
  private func blank(_ block: UnsafeMutableRawPointer) {
    let (tag, low, high) = RecordingLayout.wideBlank(RecordingLayout.blockSize)
    // Safe because the block is ours, aligned, and a multiple of 16 bytes long.
    unsafe Publish.cell(block, UInt64(tag) | UInt64(low) << 8 | UInt64(high) << 16, 0)
    Publish.fence()
    for at in stride(from: RecordingLayout.blockSize - 16, through: 0, by: -16) {
      unsafe Publish.cell(block + at, 0x0E7A, 0)
    }
  }

  /// Writes a packet over as many whole cells as it needs, without crossing a block's end: first one padding field over
  /// all of them, then the packet's body, and its first cell last.
  @discardableResult
  private func append(_ body: borrowing PacketBuilder, to pen: Pen) -> Bool {
    guard !body.overflowed, unsafe !pen.pointee.isOff else { return false }
    // The cells' slack is a padding field after the packet; where only one byte is left over, the length is a byte wider.
    let least = 3 + body.count
    let isWider = least % 16 == 15
    let packet = least + (isWider ? 1 : 0)
    let size = (packet + 15) & ~15
    if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return false }
    let left = unsafe RecordingLayout.blockSize - Int(bitPattern: pen.pointee.cursor) % RecordingLayout.blockSize
    if size > left {
      unsafe pen.pointee.cursor += left
      if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return false }
    }
    let at = unsafe pen.pointee.cursor
    let (tag, low, high) = RecordingLayout.wideBlank(size)
    unsafe Publish.cell(at, UInt64(tag) | UInt64(low) << 8 | UInt64(high) << 16, 0)
    Publish.fence()
    // The first cell is composed aside. Safe because every index is below `size`, which lies in our own chunk.
    var first: (UInt64, UInt64) = (0, 0)
    unsafe withUnsafeMutableBytes(of: &first) { first in
      func put(_ index: Int, _ byte: UInt8) {
        if index < 16 {
          unsafe first[index] = byte
        } else {
          unsafe at.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
      }
      put(0, 0x0A)
      put(1, UInt8(body.count & 0x7F) | 0x80)
      put(2, UInt8(body.count >> 7) | (isWider ? 0x80 : 0))
      if isWider { put(3, 0) }
      let start = isWider ? 4 : 3
      for index in 0..<body.count { put(start + index, unsafe body.bytes[index]) }
      let slack = size - packet
      if slack > 0 {
        put(packet, 0x7A)
        put(packet + 1, UInt8(slack - 2))
      }
    }
    Publish.fence()
    unsafe Publish.cell(at, first.0, first.1)
    unsafe pen.pointee.cursor += size
    return true
  }
}

extension SpanThread {
  mutating func setSequence(_ sequence: UInt32) {
    self.sequence = sequence
    isNarrow = sequence < 128
    // ss 5A 05 48 01 50 nn nn
    beginHigh = UInt64(sequence & 0x7F) | 0x0080_5001_4805_5A00
    // 0A 0E 40 d d d d 50 | ss ss ss ss 5A 02 48 02
    endLow = 0x5000_0000_0040_0E0A
    let wide = UInt64(SpanThread.spread(UInt64(sequence)))
    endHigh = wide | 0x0248_025A_0000_0000
  }
}
