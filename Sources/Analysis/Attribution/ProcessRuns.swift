/// What the threads of one process used from each of their readings to the next, each stretch once: charged to the innermost span
/// of the thread or task that ran.
///
/// **The rule.** A reading is taken by somebody: the thread's own code, or a task that runs on it. Between two readings by the same
/// one that one ran. Between readings by two of them the first ran up to some moment and the second from there on, or, where a task said
/// that it was suspended, the second alone. What two may have used is kept by pair (``SharedStretches``) and told apart at the end by
/// all pairs that they are in. So nothing is charged twice, and the sum is what the threads used.
struct ProcessRuns: Sendable {
  struct Series: Sendable {
    /// Without the spans inside.
    var own = ReadingValues()
    /// What the process gained in its stretches.
    var residentGrowth: Int64 = 0
    /// The same of stretches of tasks in which nobody else was in a span, and the faults that were seen of them: threads without spans,
    /// such as those that a server reads its requests with, may have made the rest on the task's behalf.
    var aloneGrowth: Int64 = 0
    var aloneFaults: Int64 = 0
    /// Of memory that was touched first, by stretch of time.
    var place: Int
  }

  let pid: Int32
  private(set) var series: [Int32: Series] = [:]
  private(set) var shared = SharedStretches()
  private(set) var grid: GrowthGrid
  /// What nodes of threads used while a task ran on their thread: it stands at the task's span.
  private(set) var lent: [Int32: ReadingValues] = [:]
  /// Tracks with spans that were read: of several, one sees what another made resident.
  private(set) var runners: Set<Int32> = []
  private(set) var readings: UInt64 = 0
  /// Tasks of CPython before 3.12 are suspended inside spans and do not say so: any other may have run between two readings of one.
  var areTasksSilent = false
  /// Those that say it all the same.
  private var tellers: Set<Int32> = []
  /// Tasks that are in spans, and until when several were: while one alone is, its memory is nobody else's.
  private var tasksInSpans: Set<Int32> = []
  private var overlapEnd: UInt64 = 0
  /// Pages that were touched first by one of the tasks, and it is not known by which.
  private(set) var doubtfulFaults = 0.0
  private var order = PointOrder()
  private var isOrdered = true
  /// By the kernel's thread: its last reading, and the span that is open on its own track.
  private var latest: [Int64: ReadPoint] = [:]
  private var open: [Int64: Int32] = [:]

  init(pid: Int32, start: UInt64) {
    self.pid = pid
    grid = GrowthGrid(start: start)
  }

  /// Tasks share threads: from now on points are put in the order of time.
  mutating func hasTasks() { isOrdered = false }

  mutating func add(_ point: ReadPoint) {
    if !point.isUnread, point.before >= 0 || point.after >= 0 {
      if runners.count < 4096 { runners.insert(point.track) }
    }
    if isOrdered { return settle(point) }
    if let due = order.add(point) { settle(due) }
  }

  var areTasks: Bool { !isOrdered }

  /// In some of its spans others were in spans of theirs.
  var isShared: Bool { runners.count > 1 }

  /// In their lives so far, of all threads that were read.
  var threadFaults: Int64 { latest.values.reduce(0) { $0 &+ ($1.values[.minorFaults] ?? 0) } }

  mutating func finish() {
    while let point = order.popFirst() { settle(point) }
    latest = [:]
  }

  private mutating func settle(_ point: ReadPoint) {
    if !point.isUnread { settleRead(point) }
    guard point.isOfTask else { return }
    if tasksInSpans.count > 1 { overlapEnd = max(overlapEnd, point.time) }
    if point.after >= 0 {
      tasksInSpans.insert(point.track)
    } else if point.after == ReadPoint.Code.outside {
      tasksInSpans.remove(point.track)
    }
  }

  private mutating func settleRead(_ point: ReadPoint) {
    if let resident = point.values[.resident] { grid.read(resident, at: point.time) }
    var point = point
    if point.values.isEmpty {
      if latest[point.thread]?.track == point.track { latest[point.thread]?.after = ReadPoint.Code.nobody }
      return
    }
    if !point.isOfTask { open[point.thread] = point.after }
    if point.isOfTask, point.own < 0 { point.own = open[point.thread] ?? ReadPoint.Code.outside }
    let before = latest.updateValue(point, forKey: point.thread)
    if before?.values[.threadCPU] != point.values[.threadCPU] { readings &+= 1 }
    guard let before, point.time >= before.time else { return }
    let used = point.values.since(before.values)
    // A thread's counters only grow: they are another thread's of the same number.
    guard used[.threadCPU] ?? 0 >= 0, used[.minorFaults] ?? 0 >= 0 else { return }
    charge(used, before, point)
  }

  mutating func tellsSwitches(_ task: Int) { tellers.insert(Int32(truncatingIfNeeded: task)) }

  private func isDoubtful(_ point: ReadPoint) -> Bool { point.isOfTask && !tellers.contains(point.track) }

  private mutating func charge(_ used: ReadingValues, _ before: ReadPoint, _ point: ReadPoint) {
    let (first, second) = (before.after, point.before)
    var used = used
    let isOverlapped = tasksInSpans.count > 1 || overlapEnd > before.time
    if areTasksSilent, isShared, isOverlapped, isDoubtful(before) || isDoubtful(point) {
      let faults = Double(used[.minorFaults] ?? 0)
      doubtfulFaults += faults
      grid.add(faults, to: place(of: ReadPoint.Code.outside), from: before.time, to: point.time)
      (used[.minorFaults], used[.resident]) = (nil, nil)
    }
    if first == second || before.track == point.track || first == ReadPoint.Code.nobody {
      add(used, to: second, before, point)
      if !isOverlapped, second >= 0, point.isOfTask, before.track == point.track, open.values.allSatisfy({ $0 < 0 }) {
        series[second]?.aloneGrowth &+= used[.resident] ?? 0
        series[second]?.aloneFaults &+= used[.minorFaults] ?? 0
      }
    } else if second == ReadPoint.Code.nobody {
      add(used, to: first, before, point)
    } else {
      shared.add(used, first, second)
      for node in [first, second] {
        grid.add(Double(used[.minorFaults] ?? 0) / 2, to: place(of: node), from: before.time, to: point.time)
      }
    }
    // The thread's own span goes on while tasks run.
    let own = point.isOfTask ? point.own : before.isOfTask ? before.own : ReadPoint.Code.outside
    if own >= 0, own != second || first != second { lent[own, default: ReadingValues()].add(used) }
  }

  private mutating func add(_ used: ReadingValues, to node: Int32, _ before: ReadPoint, _ point: ReadPoint) {
    // What ran while nobody did is nobody's.
    let node = max(node, ReadPoint.Code.outside)
    let place = place(of: node)
    series[node]?.own.add(used)
    series[node]?.residentGrowth &+= used[.resident] ?? 0
    grid.add(Double(used[.minorFaults] ?? 0), to: place, from: before.time, to: point.time)
  }

  private mutating func place(of node: Int32) -> Int {
    if let known = series[node] { return known.place }
    let place = grid.newRow()
    series[node] = Series(place: place)
    return place
  }
}
