internal import StripPlatform
internal import Synchronization

/// Writes the spans of this process into a recording: one ``SpanThread`` for each thread that uses it.
///
/// Threads meet only in the file's claim of a chunk. A thread that ends leaves its pen for the next one; a forked
/// child starts pens of its own.
@safe package final class SpanRecorder: @unchecked Sendable {
  package typealias Pen = UnsafeMutablePointer<SpanThread>

  package let file: RecordingFile
  package let names: NameTable
  /// Another number for each recorder of the process, and after each fork: what was made ready for another one is made anew.
  package var generation: UInt32 { epoch.load(ordering: .relaxed) }
  /// Atomic because a plain property of a class is checked for exclusive access whenever it is read. Relaxed: it changes in a forked child
  /// only, before other threads exist.
  private let epoch: Atomic<UInt32>
  private var identity: WriterIdentity
  package private(set) var processTrack: UInt64
  private let reader = OwnReader()
  package private(set) var cost = ReadingCost()
  /// Nanoseconds of CPU time in which threads joined.
  private let joining = Atomic<UInt64>(0)
  /// How much of the cost that no count of events tells of is in the recording.
  private let toldCost = Atomic<UInt64>(0)
  /// Pens of threads that ended, and lanes that nobody uses. Guarded by `lock`.
  private var spare: [Pen]
  var idleLanes: [Pen]
  /// The pen that was made last.
  private let newest = Atomic<UInt>(0)
  var laneCount: UInt32 = 0
  /// Where spans of tasks are counted that have no events; 0: there were none. Guarded by `lock`.
  var tasksTrack: UInt64 = 0
  /// Numbers of the functions that mark their own lines, by the key of their site. Guarded by `lock`.
  var siteNumbers: [UInt: UInt32] = [:]
  let lock = SpinLock()
  private let nowhere: UnsafeMutableRawPointer
  /// Bits of the names that are folded. Threads may see one late, which costs a few events.
  let foldedNames: UnsafeMutablePointer<Atomic<UInt64>>
  /// The process's counter tracks by the number of their name; 0: none yet. Guarded by `lock`.
  var counterTracks: UnsafeMutablePointer<UInt64>?
  var heap = HeapCurves()
  /// Where the next line's entry goes.
  var lineBlock: TableBlock?
  /// Places in functions that no stack of calls uses any more. Guarded by `lock`.
  var idleLines: [UnsafeMutablePointer<LineThread>]
  private var misuses = 0
  /// Spans that another thread ended than the one that may write. Guarded by `lock`.
  var lateEnds: [LateEnd] = []
  let hasLateEnds = Atomic<Bool>(false)
  /// Bytes of the recording. Relaxed: a sum that nothing hangs on.
  private let written = Atomic<UInt64>(0)
  /// Bytes of pages that are resident for the recording: chunks in use, pens of tasks.
  private let resident = Atomic<UInt64>(0)

  package init(_ file: RecordingFile, names: NameTable, generation: UInt32 = 1) {
    self.file = file
    self.names = names
    epoch = Atomic(generation)
    identity = WriterIdentity(file.control)
    file.writerID = identity.pid
    processTrack = file.control.nextTrack()
    unsafe spare = []
    unsafe idleLanes = []
    unsafe idleLines = []
    // Safe because never freed, and never written: a pen whose cursor and limit are here has no room.
    unsafe nowhere = .allocate(byteCount: 16, alignment: 16)
    unsafe foldedNames = .allocate(capacity: SpanThread.knownWords)
    for word in 0..<SpanThread.knownWords { unsafe (foldedNames + word).initialize(to: Atomic(0)) }
    unsafe counterTracks = nil
    cost = ReadingCost.measured(reader)
  }

  // MARK: threads

  /// A pen for the calling thread, with its track described.
  package func makePen() -> Pen? {
    let known = unsafe lock.withLock { unsafe spare.popLast() }
    let pen = unsafe known ?? newPen()
    unsafe adopt(pen)
    return unsafe pen
  }

  /// One that is nobody's yet.
  func newPen() -> Pen {
    let before = ThreadPages.now
    let pen = Pen.allocate(capacity: 1)
    unsafe pen.initialize(to: SpanThread(nowhere: nowhere))
    for word in 0..<SpanThread.knownWords { unsafe pen.pointee.known[word] = 0 }
    // Safe because only pens are put into the slot.
    if let own = unsafe ThreadSlot.value?.assumingMemoryBound(to: SpanThread.self) {
      unsafe noteOwnPages(since: before, own)
    }
    unsafe pen.pointee.older = newest.exchange(UInt(bitPattern: pen), ordering: .relaxed)
    return unsafe pen
  }

  /// Makes a pen ready for the calling thread: it is new, or another thread's, or another recorder's.
  package func adopt(_ pen: Pen) {
    if unsafe pen.pointee.generation != generation {
      unsafe pen.pointee.cursor = nowhere
      unsafe pen.pointee.limit = nowhere
      unsafe pen.pointee.chunk = 1
      unsafe pen.pointee.chunkBytes = 0
      unsafe pen.pointee.setSequence(file.control.nextSpanSequence())
      unsafe pen.pointee.generation = generation
    }
    unsafe pen.pointee.depth = 0
    let begin = Clock.threadCPU()
    unsafe describeThread(pen, name: nil)
    joining.wrappingAdd(Clock.threadCPU() &- begin, ordering: .relaxed)
    unsafe tellCost(pen)
  }

  /// What threads cost when they join, and readings that were dearer than they were at first: all of this process until now.
  private func tellCost(_ pen: Pen) {
    let cost = joining.load(ordering: .relaxed) &+ reader.surplusNanoseconds
    let told = toldCost.load(ordering: .relaxed)
    guard cost > told &+ 1_000_000,
      toldCost.compareExchange(expected: told, desired: cost, ordering: .relaxed).exchanged
    else { return }
    unsafe note("library cost", pen) { builder in builder.annotation("ns", Int64(cost)) }
  }

  /// The thread that owned it has ended.
  package func retire(_ pen: Pen) {
    if let lane = unsafe pen.pointee.seldom.pointee.spareLane, unsafe pen.pointee.isOf(generation) {
      unsafe giveBackShared(lane)
    }
    unsafe pen.pointee.seldom.pointee.spareLane = nil
    lock.withLock { unsafe spare.append(pen) }
  }

  /// In a forked child, before any other thread exists: everything that was the parent's is forgotten.
  package func forked(generation: UInt32) {
    lock.forget()
    names.forgetLock()
    epoch.store(generation, ordering: .relaxed)
    unsafe spare = []
    unsafe idleLanes = []
    unsafe idleLines = []
    laneCount = 0
    tasksTrack = 0
    siteNumbers = [:]
    // A process stays in its namespace; a child may have been put into another one.
    identity = WriterIdentity(file.control)
    file.writerID = identity.pid
    processTrack = file.control.nextTrack()
    reader.forked()
    joining.store(0, ordering: .relaxed)
    toldCost.store(0, ordering: .relaxed)
    heap = HeapCurves()
    unsafe counterTracks = nil
    lineBlock = nil
    misuses = 0
    lateEnds = []
    hasLateEnds.store(false, ordering: .relaxed)
    written.store(0, ordering: .relaxed)
    resident.store(0, ordering: .relaxed)
  }

  /// Is the pen made for this recorder, and does it take events? One of an earlier recording is made anew.
  func isReady(_ pen: Pen) -> Bool {
    if unsafe pen.pointee.generation != generation { unsafe adopt(pen) }
    return unsafe !pen.pointee.isOff
  }

  /// Counts a misuse: `true` for the first ten, which are told.
  func isWorthTelling() -> Bool {
    misuses += 1
    return misuses <= 10
  }

  /// Starts the sequence's state: process, thread, clock, track.
  private func describeThread(_ pen: Pen, name: UnsafeRawBufferPointer?) {
    for word in 0..<SpanThread.knownWords { unsafe pen.pointee.known[word] = 0 }
    unsafe pen.pointee.isOff = false
    let lane = unsafe pen.pointee.seldom.pointee.lane
    unsafe pen.pointee.seldom.initialize(to: SeldomState())
    unsafe pen.pointee.seldom.pointee.lane = lane
    var builder = PacketBuilder()
    let sequence = unsafe UInt64(pen.pointee.sequence)
    builder.field(PacketField.sequenceID, sequence)
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, processTrack)
    let process = builder.open(TrackField.process)
    builder.field(ProcessField.pid, UInt64(UInt32(bitPattern: identity.pid)))
    builder.field(ProcessField.name, identity.namespaced?.shownName ?? Own.processName())
    builder.close(process)
    builder.close(track)
    unsafe append(builder, to: pen)

    let threadTrack = file.control.nextTrack()
    let readings = file.control.nextTracks(UInt64(ThreadReadings.shared.count + ThreadReadings.alone.count + 1))
    unsafe pen.pointee.seldom.pointee.threadTrack = threadTrack
    unsafe pen.pointee.seldom.pointee.readings.firstTrack = readings
    if lane == nil {
      unsafe nameThread(name, pen)
    } else {
      unsafe nameLane(threadTrack, number: lane?.number ?? 0, pen)
    }

    unsafe anchor(pen)
    unsafe pen.pointee.readingDue = cost.bound == .max ? .max : 0
    let now = unsafe pen.pointee.anchorTime
    builder.clear()
    builder.field(PacketField.sequenceID, sequence)
    builder.field(PacketField.sequenceFlags, SequenceFlag.cleared)
    builder.sequenceClock(at: now)
    let defaults = builder.open(PacketField.defaults)
    builder.field(DefaultsField.clockID, ClockID.sequence)
    let event = builder.open(DefaultsField.trackEvent)
    builder.field(EventField.track, threadTrack)
    for index in ThreadReadings.shared.indices { builder.field(EventField.extraTrack, readings + UInt64(index)) }
    builder.close(event)
    builder.close(defaults)
    unsafe append(builder, to: pen)
    unsafe pen.pointee.last = now
    if let namespaced = identity.namespaced { unsafe noteNamespace(namespaced, pen) }
  }

  /// By what the reader recognizes this process. Once a thread: its chunk may be all that is left of a damaged file.
  private func noteNamespace(_ namespaced: NamespacedProcess, _ pen: Pen) {
    unsafe note("namespace", pen) { builder in
      builder.annotation("process_id", Int64(identity.pid))
      for annotation in namespaced.annotations { builder.annotation(annotation) }
      builder.annotation(Annotation("start_ns", namespaced.startNanoseconds))
    }
  }

  /// Describes the thread's track, now or again. `nil`: the name that the kernel knows.
  package func nameThread(_ name: UnsafeRawBufferPointer?, _ pen: Pen) {
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, unsafe pen.pointee.seldom.pointee.threadTrack)
    builder.field(TrackField.parent, processTrack)
    let thread = builder.open(TrackField.thread)
    builder.field(ThreadField.pid, UInt64(UInt32(bitPattern: identity.pid)))
    builder.field(ThreadField.tid, UInt64(UInt32(bitPattern: identity.threadID)))
    if let name = unsafe name {
      unsafe builder.field(ThreadField.name, name, limit: 255)
    } else {
      builder.field(ThreadField.name, Own.threadName())
    }
    builder.close(thread)
    builder.close(track)
    unsafe append(builder, to: pen)
  }

  // MARK: readings

  /// Brings the thread's latest reading up to date, if it is older than the bound. `true`: it was read now.
  @discardableResult
  func readIfOld(_ pen: Pen, at time: UInt64) -> Bool {
    if unsafe pen.pointee.seldom.pointee.lane != nil, let isRead = unsafe readOfThread(into: pen, at: time) {
      return isRead
    }
    let readings = unsafe pen.pointee.seldom.pointee.readings
    if readings.takenAt != 0 && time &- readings.takenAt < cost.bound { return false }
    // Safe because the state belongs to the pen's thread alone.
    guard unsafe reader.read(into: &pen.pointee.seldom.pointee.readings.latest) else { return false }
    unsafe pen.pointee.seldom.pointee.readings.takeOff(resident: resident.load(ordering: .relaxed))
    unsafe pen.pointee.seldom.pointee.readings.readRunDelay(at: time)
    unsafe pen.pointee.seldom.pointee.readings.takenAt = time
    return true
  }

  /// The pen whose readings hold what the calling thread used: its own, if it has one, also where it writes on a lane.
  private func readingPen(_ pen: Pen) -> Pen {
    guard unsafe pen.pointee.seldom.pointee.lane != nil, let slot = unsafe ThreadSlot.value else { return unsafe pen }
    // Safe because only pens are put into the slot.
    let own = unsafe slot.assumingMemoryBound(to: SpanThread.self)
    return unsafe own.pointee.isOf(generation) ? own : pen
  }

  /// Pages of ours since `before`: the calling thread's readings are without them. Not where ``claim(_:)`` counts by itself.
  private func noteOwnPages(since before: ThreadPages, _ pen: Pen) {
    let pages = ThreadPages.now - before
    // A thread's counters do not fall; whoever says so is not to be believed.
    guard pages.writtenBytes < 1 << 40, pages.minorFaults < 1 << 28 else { return }
    written.wrappingAdd(pages.writtenBytes, ordering: .relaxed)
    resident.wrappingAdd(pages.minorFaults &* Self.pageBytes, ordering: .relaxed)
    unsafe readingPen(pen).pointee.seldom.pointee.readings.recording += pages
  }

  /// Pages that are smaller than others' count for too little, which does no harm.
  private static let pageBytes: UInt64 = 4096

  /// What this process has made the kernel write of the recording.
  var recordingBytes: UInt64 { written.load(ordering: .relaxed) }

  // MARK: events

  /// Begins a span. Cost: a clock reading and a store, except where ``beginSlowly(_:_:)`` is needed.
  @inline(__always)
  package func begin(_ name: UInt32, _ pen: Pen) {
    if unsafe !pen.pointee.isOf(generation) || !pen.pointee.begin(name) { unsafe beginSlowly(name, pen) }
  }

  /// Ends the innermost span of the pen's thread.
  @inline(__always)
  package func end(_ pen: Pen) {
    if unsafe !pen.pointee.isOf(generation) || !pen.pointee.end() { unsafe endSlowly(pen) }
  }

  func anchor(_ pen: Pen) {
    let multiplier = file.control.cycleMultiplier
    unsafe pen.pointee.anchorTime = Clock.boottime()
    unsafe pen.pointee.anchorCycles = Clock.cycles()
    unsafe pen.pointee.multiplier = multiplier
    unsafe pen.pointee.maximumCycles = multiplier == 0 ? 0 : (SpanThread.anchorNanoseconds << 24) / multiplier
  }

  /// Never below zero: what is given back may have been touched by another process.
  private func giveBack(resident bytes: UInt64) {
    var known = resident.load(ordering: .relaxed)
    while known > 0 {
      let (isDone, now) = resident.compareExchange(
        expected: known, desired: known - min(bytes, known), ordering: .relaxed)
      if isDone { return }
      known = now
    }
  }

  // MARK: chunks

  /// Takes a chunk and fills it with sixteen-byte padding fields, each of which one event replaces.
  func claim(_ pen: Pen) -> Bool {
    unsafe foldIfFilling(pen)
    let count = unsafe pen.pointee.chunk
    // Lengthening the file and touching its pages first are writes of this thread, as the kernel counts.
    let before = ThreadPages.now
    defer { unsafe noteOwnPages(since: before, pen) }
    guard let start = unsafe file.claim(count, for: .spans) else {
      unsafe pen.pointee.cursor = nowhere
      unsafe pen.pointee.limit = nowhere
      unsafe pen.pointee.isOff = true
      unsafe pen.pointee.chunkBytes = 0
      return false
    }
    let bytes = count * RecordingLayout.blockSize
    let old = unsafe pen.pointee.chunkBytes
    if old > 0 {
      unsafe SharedMapping.release(pen.pointee.limit - old, count: old)
      giveBack(resident: UInt64(old))
    }
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
  func append(_ body: borrowing PacketBuilder, to pen: Pen) -> Bool {
    guard !body.overflowed, unsafe !pen.pointee.isOff else { return false }
    let (size, _) = Self.cells(for: body.count)
    if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return false }
    let left = unsafe RecordingLayout.blockSize - Int(bitPattern: pen.pointee.cursor) % RecordingLayout.blockSize
    if size > left {
      unsafe pen.pointee.cursor += left
      if unsafe pen.pointee.cursor == pen.pointee.limit, unsafe !claim(pen) { return false }
    }
    unsafe publish(body, at: pen.pointee.cursor)
    unsafe pen.pointee.cursor += size
    return true
  }

  /// Writes a packet over the cells from `at` on, which are free, and as many as ``cells(for:)`` says.
  func publish(_ body: borrowing PacketBuilder, at: UnsafeMutableRawPointer) {
    let (size, start) = Self.cells(for: body.count)
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
      put(2, UInt8(body.count >> 7) | (start == 4 ? 0x80 : 0))
      if start == 4 { put(3, 0) }
      for index in 0..<body.count { put(start + index, unsafe body.bytes[index]) }
      let packet = start + body.count
      let slack = size - packet
      if slack > 0 {
        put(packet, 0x7A)
        put(packet + 1, UInt8(slack - 2))
      }
    }
    Publish.fence()
    unsafe Publish.cell(at, first.0, first.1)
  }

  /// How many bytes of cells a packet takes, and at which of them its body starts. The cells' slack is a padding field after the
  /// packet; where only one byte is left over, the length is a byte wider.
  static func cells(for count: Int) -> (size: Int, start: Int) {
    let start = (3 + count) % 16 == 15 ? 4 : 3
    return ((start + count + 15) & ~15, start)
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
