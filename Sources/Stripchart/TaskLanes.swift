internal import CStripchart
internal import StripPlatform
internal import StripRecording
internal import StripSpanCore
internal import Synchronization

/// Which lane a task has, while it has asynchronous spans open.
///
/// A table of buckets, each one cache line of tasks. Only a task itself puts its own address in and takes it out, so looking for it needs
/// no lock.
@safe enum TaskLanes {
  private static let bucketCount = 4096
  private static let width = 8
  /// Never freed.
  nonisolated(unsafe) private static let tasks = unsafe zeros()
  nonisolated(unsafe) private static let lanes = unsafe zeros()

  private static func zeros() -> UnsafeMutablePointer<Atomic<UInt>> {
    let words = unsafe UnsafeMutableRawPointer.allocate(byteCount: bucketCount * width * 8, alignment: 64)
      .assumingMemoryBound(to: Atomic<UInt>.self)
    for index in 0..<bucketCount * width { unsafe (words + index).initialize(to: Atomic(0)) }
    return unsafe words
  }

  /// The address of the task that runs here; 0: there is none.
  static var task: UInt { unsafe UInt(bitPattern: strip_current_task()) }

  /// The lane of the task that runs here; `nil`: it has none, or there is no task.
  static var pen: SpanRecorder.Pen? { unsafe SpanEpoch.hasLanes ? pen(of: task) : nil }

  /// The lane of `task`, which runs here.
  static func pen(of task: UInt) -> SpanRecorder.Pen? {
    guard task != 0, let place = place(of: task) else { return nil }
    let lane = unsafe self.lane(at: place)
    return unsafe lane.pointee.isOf(SpanEpoch.current) ? lane : nil
  }

  /// The same, borrowed if it has none. `nil`: there are too many.
  static func penOrNew(of task: UInt, _ recorder: SpanRecorder, _ own: SpanRecorder.Pen) -> SpanRecorder.Pen? {
    let known = place(of: task)
    if let known {
      let lane = unsafe self.lane(at: known)
      if unsafe lane.pointee.isOf(recorder.generation) { return unsafe lane }
    }
    guard let lane = unsafe recorder.borrowLane(own) else { return nil }
    SpanEpoch.useLanes()
    // Where a lane of an earlier recording stands, the new one takes its place.
    guard let place = known ?? freePlace(for: task) else {
      unsafe recorder.giveBack(lane, own)
      return nil
    }
    unsafe lanes[place].store(UInt(bitPattern: lane), ordering: .relaxed)
    return unsafe lane
  }

  /// `task`, which runs here, has no span open any more on `lane`, or there is no task and it is a thread's.
  static func giveBack(
    _ lane: SpanRecorder.Pen, of task: UInt, _ recorder: SpanRecorder, _ own: SpanRecorder.Pen
  ) {
    guard task != 0, let place = place(of: task), unsafe self.lane(at: place) == lane else { return }
    unsafe tasks[place].store(0, ordering: .relaxed)
    unsafe recorder.giveBack(lane, own)
  }

  private static func lane(at place: Int) -> SpanRecorder.Pen {
    // Safe because a place has a task only as long as it has a lane, and a pen is never freed.
    unsafe SpanRecorder.Pen(bitPattern: lanes[place].load(ordering: .relaxed))!
  }

  private static func bucket(of task: UInt) -> Int {
    Int(truncatingIfNeeded: ((task >> 4) &* 0x9E37_79B9_7F4A_7C15) >> 52) * width
  }

  private static func place(of task: UInt) -> Int? {
    let (bucket, tasks) = unsafe (bucket(of: task), tasks)
    // Safe because a bucket's number is below their count. Relaxed: only this task writes its own address.
    for place in bucket..<bucket + width where unsafe tasks[place].load(ordering: .relaxed) == task { return place }
    return nil
  }

  private static func freePlace(for task: UInt) -> Int? {
    let (bucket, tasks) = unsafe (bucket(of: task), tasks)
    for place in bucket..<bucket + width {
      if unsafe tasks[place].compareExchange(expected: 0, desired: task, ordering: .relaxed).exchanged { return place }
    }
    return nil
  }
}
