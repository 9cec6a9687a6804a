internal import StripPlatform
internal import Synchronization

/// What makes a pen a lane's.
@safe struct Lane {
  let number: UInt32
  /// The thread that the last reading was of.
  var thread: Int32 = 0
  /// The token of the span that was begun by itself and may be ended by any thread; 0: none.
  let holder: UnsafeMutablePointer<Atomic<UInt64>>

  init(number: UInt32) {
    self.number = number
    // Never freed, like the pen that it belongs to.
    unsafe holder = .allocate(capacity: 1)
    unsafe holder.initialize(to: Atomic(0))
  }
}

/// Lanes: pens that belong to no thread. What is suspended and resumed beside others borrows one while it has spans open, and takes it
/// along from thread to thread, so that its spans nest on a track of their own and cost what a thread's cost. Each lane is a
/// sequence with chunks of its own.
extension SpanRecorder {
  /// So many are open at once; each has 8 KiB of the file. Whoever finds none has its spans counted: ``foldWhole(_:from:to:_:)``.
  package static let mostLanes: UInt32 = 2048

  /// A lane with no span on it, for the caller alone. `own`: the calling thread's pen. `nil`: too many are open.
  package func borrowLane(_ own: Pen) -> Pen? {
    if let spare = unsafe own.pointee.seldom.pointee.spareLane {
      unsafe own.pointee.seldom.pointee.spareLane = nil
      return unsafe spare
    }
    return unsafe borrowSharedLane()
  }

  @inline(never)
  private func borrowSharedLane() -> Pen? {
    var number: UInt32 = 0
    let known = unsafe lock.withLock { () -> Pen? in
      if let idle = unsafe idleLanes.popLast() { return unsafe idle }
      if laneCount < Self.mostLanes {
        laneCount += 1
        number = laneCount
      }
      return nil
    }
    if let known = unsafe known { return unsafe known }
    if number == 0 { return nil }
    let pen = unsafe newPen()
    unsafe pen.pointee.seldom.pointee.lane = Lane(number: number)
    unsafe adopt(pen)
    return unsafe pen
  }

  /// All its spans have ended.
  package func giveBack(_ lane: Pen, _ own: Pen) {
    // One of an earlier recording, or of the process that we were forked from, is nobody's any more.
    guard unsafe lane.pointee.isOf(generation) else { return }
    if unsafe own.pointee.seldom.pointee.spareLane == nil {
      unsafe own.pointee.seldom.pointee.spareLane = lane
    } else {
      unsafe giveBackShared(lane)
    }
  }

  @inline(never)
  func giveBackShared(_ lane: Pen) {
    lock.withLock { unsafe idleLanes.append(lane) }
  }

  /// Whether a call of ``release(_:_:)`` with the innermost span's token ends it. One thread at a time, of whatever thread.
  package func hold(_ lane: Pen) -> UInt64 {
    let token = unsafe lane.pointee.token
    unsafe lane.pointee.seldom.pointee.lane?.holder.pointee.store(token, ordering: .releasing)
    return token
  }

  /// `true`, once: the span that was held with this token is the caller's to end, and the lane to give back.
  package func release(_ lane: Pen, _ token: UInt64) -> Bool {
    guard let holder = unsafe lane.pointee.seldom.pointee.lane?.holder else { return false }
    // Acquire: pairs with `hold`'s release, so that the pen is as its last user left it.
    return unsafe holder.pointee.compareExchange(expected: token, desired: 0, ordering: .acquiringAndReleasing)
      .exchanged
  }

  package static var laneName: String { "tasks " }

  /// A plain track below the process's.
  func nameLane(_ uuid: UInt64, number: UInt32, _ pen: Pen) {
    var builder = PacketBuilder()
    builder.field(PacketField.sequenceID, unsafe UInt64(pen.pointee.sequence))
    let track = builder.open(PacketField.trackDescriptor)
    builder.field(TrackField.uuid, uuid)
    builder.field(TrackField.parent, processTrack)
    builder.field(TrackField.name, "\(Self.laneName)\(number)")
    builder.close(track)
    unsafe append(builder, to: pen)
  }

  /// A lane shares the reading of the thread that it is on, so that many lanes read no more often than few threads.
  /// `nil`: the thread has no pen.
  func readOfThread(into lane: Pen, at time: UInt64) -> Bool? {
    guard let slot = unsafe ThreadSlot.value else { return nil }
    // Safe because only pens are put into the slot.
    let own = unsafe slot.assumingMemoryBound(to: SpanThread.self)
    guard unsafe own.pointee.isOf(generation) else { return nil }
    let isRead = unsafe readIfOld(own, at: time)
    unsafe lane.pointee.seldom.pointee.readings.latest = own.pointee.seldom.pointee.readings.latest
    unsafe lane.pointee.seldom.pointee.readings.takenAt = own.pointee.seldom.pointee.readings.takenAt
    return isRead
  }

  /// Which thread a lane's reading is of, if it is another one than before.
  func tellThread(of pen: Pen, at time: UInt64) {
    guard let lane = unsafe pen.pointee.seldom.pointee.lane else { return }
    let thread = Own.tid
    if lane.thread == thread { return }
    unsafe pen.pointee.seldom.pointee.lane?.thread = thread
    let track =
      unsafe pen.pointee.seldom.pointee.readings.firstTrack
      + UInt64(ThreadReadings.shared.count + ThreadReadings.alone.count)
    unsafe write(EventType.counter, at: time, on: track, pen) {
      $0.field(EventField.value, UInt64(UInt32(bitPattern: thread)))
    }
  }
}
