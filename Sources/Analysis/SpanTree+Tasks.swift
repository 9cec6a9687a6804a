/// Stretches: the time in which a thread runs a task. They are no calls. Spans of the thread that begin in one stand below the task's
/// innermost, and what the thread uses in it is the task's.
extension SpanTree {
  /// The task whose stretch is the thread's innermost frame.
  func taskInnermost(on track: Int) -> Int? {
    guard !threads[track].stretches.isEmpty, let last = threads[track].frames.last, last.task >= 0 else { return nil }
    return Int(last.task)
  }

  /// The task that the thread runs, also while it is in functions that the task has called.
  func taskRun(by track: Int) -> Int? {
    threads[track].stretches.last.map { Int(threads[track].frames[$0].task) }
  }

  /// The innermost span that is open on a track; where the thread runs a task, the task's.
  func innermostNode(_ track: Int) -> Int32? {
    threads[taskInnermost(on: track) ?? track].frames.last?.node
  }

  /// The innermost span of the thread's own around all the tasks that it runs.
  func frameAroundTasks(of track: Int) -> Frame? {
    guard let first = threads[track].stretches.first, first > 0 else { return nil }
    return threads[track].frames[first - 1]
  }

  mutating func beginStretch(of task: Int, on track: Int, at time: UInt64) {
    grow(to: max(task, track))
    threads[track].events &+= 1
    let isNested = taskRun(by: track) == task
    let node = threads[task].frames.last?.node
    var frame = Frame(node: node ?? threads[task].root, reading: threads[track].latest, begin: time)
    frame.task = Int32(truncatingIfNeeded: task)
    threads[track].stretches.append(threads[track].frames.count)
    threads[track].frames.append(frame)
    if pending < 0 { return }
    if isNested {
      point(task, at: time, before: node ?? ReadPoint.Code.outside, after: node ?? ReadPoint.Code.outside)
    } else {
      goesOn(task, isResumed: true, at: time)
    }
  }

  /// `frame` has been taken off the thread's stack.
  mutating func endStretch(_ frame: Frame, on track: Int, at time: UInt64) {
    let depth = threads[track].frames.count
    let task = Int(frame.task)
    let node = threads[task].frames.last?.node ?? ReadPoint.Code.outside
    let around = threads[track].stretches.dropLast().last.map { Int(threads[track].frames[$0].task) }
    if around != task {
      goesOn(task, isResumed: false, at: time)
    } else if pending >= 0 {
      point(task, at: time, before: node, after: node)
    }
    threads[track].stretches.removeLast()
    if depth < threads[track].childUse.count { threads[track].childUse[depth] = ReadingValues() }
    // A task's own spans take the time of the task's; only a span of the thread's own is longer by it.
    if around == nil { addToParent(of: track, time >= frame.begin ? time - frame.begin : 0) }
  }

  /// A span that has ended took this time of the one around it.
  mutating func addToParent(of track: Int, _ duration: UInt64) {
    let owner = taskInnermost(on: track) ?? track
    guard let last = threads[owner].frames.indices.last else { return }
    threads[owner].frames[last].childNanoseconds &+= duration
  }
}
