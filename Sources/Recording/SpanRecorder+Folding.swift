internal import StripPlatform
internal import Synchronization

/// Folding: when the file fills, names that are begun so often that their events would fill it are counted in tables instead.
///
/// Half of the file is for whoever comes. From there on a thread that needs another chunk looks at the one it has filled: names that
/// made up a large part of it are folded from now on, in all threads of the process. The fuller the file, the smaller the part that
/// is enough, so that rare names keep their events to the end; at the very end all names are folded.
extension SpanRecorder {
  func isFolded(_ name: UInt32) -> Bool {
    // Safe because the name is below the table's capacity.
    unsafe foldedNames[Int(name >> 6)].load(ordering: .relaxed) & (1 << UInt64(name & 63)) != 0
  }

  /// Begins a folded span.
  func fold(_ name: UInt32, at time: UInt64, _ pen: Pen) {
    unsafe pen.pointee.known[Int(name >> 6)] &= ~(1 << UInt64(name & 63))
    if unsafe time >= pen.pointee.readingDue { unsafe readQuietly(pen, at: time) }
    let parent = unsafe innermostName(pen)
    if unsafe pen.pointee.seldom.pointee.folds == nil { unsafe pen.pointee.seldom.pointee.folds = FoldTable() }
    let latest = unsafe pen.pointee.seldom.pointee.readings.latest
    let thread = unsafe pen.pointee.seldom.pointee.threadTrack
    let isNew = unsafe pen.pointee.seldom.pointee.folds!.begin(
      name, parent: parent, at: time, latest, in: file, process: processTrack, thread: thread)
    // A table's entry has a number; what it means must be in the recording too.
    if isNew { unsafe describeName(name, pen) }
    unsafe pen.pointee.push(UInt64(name) | SpanThread.folded)
  }

  /// A folded span of a task, which knows when it began: its time counts, its resources are not known. All of a process's stand
  /// on one track of tasks.
  package func foldWhole(_ name: UInt32, from begin: UInt64, to end: UInt64, _ pen: Pen) {
    let track = lock.withLock {
      if tasksTrack == 0 { tasksTrack = file.control.nextTrack() }
      return tasksTrack
    }
    if unsafe pen.pointee.seldom.pointee.taskFolds == nil {
      unsafe pen.pointee.seldom.pointee.taskFolds = FoldTable()
      unsafe nameLane(track, number: 0, pen)
    }
    let latest = unsafe pen.pointee.seldom.pointee.readings.latest
    let isNew = unsafe pen.pointee.seldom.pointee.taskFolds!.begin(
      name, parent: 0, at: begin, latest, in: file, process: processTrack, thread: track)
    if isNew { unsafe describeName(name, pen) }
    unsafe pen.pointee.seldom.pointee.taskFolds!.end(at: end, latest)
  }

  private func innermostName(_ pen: Pen) -> UInt32 {
    let depth = unsafe pen.pointee.depth
    guard depth > 0, depth <= SpanThread.stackCapacity else { return 0 }
    // Safe because the depth lies between 1 and the capacity.
    return UInt32(truncatingIfNeeded: unsafe pen.pointee.stack[depth - 1] & ~(SpanThread.folded | SpanThread.byToken))
  }

  /// A reading that the recording is not told.
  func readQuietly(_ pen: Pen, at time: UInt64) {
    unsafe readIfOld(pen, at: time)
    unsafe pen.pointee.readingDue = pen.pointee.seldom.pointee.readings.takenAt &+ cost.bound
  }

  /// Before another chunk is claimed: decides which names have had their share.
  func foldIfFilling(_ pen: Pen) {
    let most = file.control.maximumBytes
    let claimed = file.control.claimedBytes
    guard claimed > most / 2 else { return }
    if most - min(claimed, most) < most / 32 + (2 << 20) {
      for word in 0..<SpanThread.knownWords { unsafe foldedNames[word].store(.max, ordering: .relaxed) }
    } else if unsafe pen.pointee.chunkBytes > 0 {
      let bytes = unsafe pen.pointee.chunkBytes
      var share = unsafe ChunkShare(pen.pointee.limit - bytes, count: bytes)
      // A half of what is left of the file, as a part of the whole; at least a 64th.
      let least = max(UInt64(bytes) / 64, UInt64(bytes) * (most - claimed) / most / 2)
      while let name = share.next(atLeast: Int(least)) {
        unsafe foldedNames[Int(name >> 6)].bitwiseOr(1 << UInt64(name & 63), ordering: .relaxed)
      }
    }
    // What any thread has folded is folded here too.
    for word in 0..<SpanThread.knownWords {
      unsafe pen.pointee.known[word] &= ~foldedNames[word].load(ordering: .relaxed)
    }
  }
}

/// How many bytes of a chunk of span events belong to which name. The first 64 names only: who fills a chunk is among them.
private struct ChunkShare {
  private var names: [(name: UInt32, bytes: Int)] = []

  /// `chunk` is the caller's own, whole blocks, filled to its end.
  init(_ chunk: UnsafeMutableRawPointer, count: Int) {
    names.reserveCapacity(64)
    var at = 0
    while at + 16 <= count {
      // Safe because the field's header lies within the 16 bytes that are left at least.
      let head = unsafe (chunk + at).loadUnaligned(as: UInt64.self)
      var length = Int(head >> 8 & 0x7F)
      var header = 2
      if head & 0x8000 != 0 {
        length |= Int(head >> 16 & 0x7F) << 7
        header = head & 0x80_0000 != 0 ? 4 : 3
      }
      let size = header + length
      guard size > 1, at + size <= count else { return }
      if head & 0xFF == 0x0A {
        let body = unsafe UnsafeRawBufferPointer(start: chunk + at + header, count: length)
        // An end belongs to the name as well, and is as long as its begin.
        if let name = unsafe Self.begunName(body) { add(name, 2 * ((size + 15) & ~15)) }
      }
      at += size
    }
  }

  private static func begunName(_ body: UnsafeRawBufferPointer) -> UInt32? {
    var packet = unsafe FieldReader(body)
    while packet.advance() {
      guard packet.number == PacketField.trackEvent, packet.wire == WireType.bytes else { continue }
      var event = packet.message
      while event.advance() {
        if event.number == EventField.nameID { return UInt32(truncatingIfNeeded: min(event.value, 16383)) }
      }
    }
    return nil
  }

  private mutating func add(_ name: UInt32, _ bytes: Int) {
    for index in names.indices where names[index].name == name {
      names[index].bytes += bytes
      return
    }
    if names.count < 64 { names.append((name, bytes)) }
  }

  /// A name with so many bytes, each once.
  mutating func next(atLeast least: Int) -> UInt32? {
    for index in names.indices where names[index].bytes >= least {
      names[index].bytes = -1
      return names[index].name
    }
    return nil
  }
}
