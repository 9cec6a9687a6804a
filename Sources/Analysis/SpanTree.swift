package import StripReader
package import StripRecording

/// Spans of all threads and processes, merged by their path of names; those of tasks apart from those of threads. Made
/// `byTrack`, each thread and each task has a root of its own instead. Memory: one node a path, one stack a thread.
package struct SpanTree: Sendable {
  package struct Node: Sendable {
    package let name: Int
    package let parent: Int
    package var durations = DurationHistogram()
    package var selfNanoseconds: UInt64 = 0
    /// Begun and not ended when the recording ended.
    package var open: UInt64 = 0
    /// When the last of these began.
    package var openSince: UInt64?
    /// How long these had run then, without the spans inside.
    package var openSelfNanoseconds: UInt64 = 0
    /// Whose threads these are; the first ones only.
    package var openPIDs: [Int32] = []
    /// How many of the durations are no calls, but further stretches of suspended ones.
    package var resumed: UInt64 = 0
    /// What was used inside, and what of it outside of the spans inside.
    package var used = ReadingValues()
    package var ownUse = ReadingValues()
    /// Wall time of those that began after their thread's first reading, and of those with a reading at both ends.
    package var readNanoseconds: UInt64 = 0
    package var exactNanoseconds: UInt64 = 0
    package var peakResidentBytes: Int64?
    /// Some calls began and ended on different threads.
    fileprivate var changedThread = false
    /// Its spans are those of tasks, which share threads.
    fileprivate var isOfTask = false
    /// The first track that it was met on, and whether there were others.
    fileprivate var track: Int32 = -1
    fileprivate var hasTracks = false
    /// What its calls saw, where that is not all their own.
    fileprivate(set) var overlap: OverlapShares?
    /// Some of its processes have other threads or tasks with spans.
    package fileprivate(set) var isShared = false
    /// Those that were left by an exception, by its type; the first types only.
    package var exceptions: [(type: String, count: UInt64)] = []
    /// Still open when an outer span ended.
    package var leftOpen: UInt64 = 0
    /// Of the longest among those that had arguments.
    package fileprivate(set) var arguments: [Annotation] = []
    fileprivate var argumentsNanoseconds: UInt64 = 0
    package var folded: SpanFolds.Sums?
    /// Then its own time is what is left of its events when theirs is taken off, which is an estimate.
    package var hasFoldedChildren = false
    fileprivate var children: [(name: Int, node: Int)] = []
    /// The same by name, where they are many.
    fileprivate var places: [Int: Int] = [:]

    fileprivate mutating func add(exception type: String) {
      let known = exceptions.firstIndex { $0.type == type }
      if let index = known ?? (exceptions.count < 8 ? nil : 7) {
        exceptions[index].count += 1
      } else {
        exceptions.append((type, 1))
      }
    }
  }

  struct Frame {
    let node: Int32
    /// The place of the thread's latest reading when it began; -1: none.
    let reading: Int32
    let begin: UInt64
    var childNanoseconds: UInt64 = 0
    var isResumed = false
    /// Of a thread's: the track of the task that the thread runs in it, and no call of its own; -1: none.
    var task: Int32 = -1
    /// Its arguments are the last of the thread's.
    var hasArguments = false
  }

  struct Thread {
    var pid: Int32 = 0
    var tid: Int32 = 0
    var isTask = false
    /// Where it was read last.
    var readOn: Int64?
    /// Of ``SpanTree/runs``; -1: its process is not known.
    var runs: Int32 = -1
    /// The node that its outermost spans stand under.
    var root: Int32 = 0
    /// As ``ReadingHistory/latest``.
    var latest: Int32 = -1
    var frames: [Frame] = []
    var events: UInt64 = 0
    var readings = ReadingHistory()
    /// By depth: what ended spans used below the frame that is open there. Zero where none is.
    var childUse: [ReadingValues] = []
    var arguments: [[Annotation]] = []
    /// A reading at most so old counts as one of now.
    var boundNanoseconds: UInt64 = 100_000
    /// Places of the frames that are stretches of tasks.
    var stretches: [Int] = []
  }

  /// `nodes[0]` is the root, which is no span.
  package internal(set) var nodes = [Node(name: -1, parent: -1)]
  var threads: [Thread] = []
  /// The root of the spans of tasks, made when there is a task.
  private var taskRoot: Int32 = 0
  /// By track: thread and metric, if it is one of a thread's readings.
  private var readingTracks: [(thread: Int, metric: ReadingMetric)?] = []
  private var isThread: [Bool] = []
  /// By track: of processes, and of threads and tasks by their parents.
  private var pids: [Int32?] = []
  private var runs: [ProcessRuns] = []
  private var runPlaces: [Int32: Int32] = [:]
  /// The track of a reading whose event comes next; -1: none.
  var pending: Int = -1
  /// Of all processes that were read; there after ``finish(at:)``.
  package private(set) var processGrowth: [ProcessGrowth] = []
  private var growth: [Int32: [SpanGrowth]] = [:]
  /// How often threads were read, by process, where tasks share their readings.
  package private(set) var taskReadings: [Int32: UInt64] = [:]
  private let isByTrack: Bool
  /// Ends without a begin: their begin lies in a part of the file that is missing.
  package private(set) var unmatchedEnds: UInt64 = 0
  package private(set) var iterations = IterationBook()
  package var activity = ActivityGrid()

  package init(byTrack: Bool = false) { isByTrack = byTrack }

  package var events: UInt64 { threads.reduce(0) { $0 &+ $1.events } }

  /// Events and readings on a track.
  package func traffic(on track: Int) -> (events: UInt64, readings: UInt64) {
    track < threads.count ? (threads[track].events, threads[track].readings.count) : (0, 0)
  }

  // MARK: tracks and readings

  package mutating func describe(_ track: Track) {
    while isThread.count <= track.index {
      isThread.append(false)
      readingTracks.append(nil)
      pids.append(nil)
    }
    switch track.kind {
    case .process(let pid): pids[track.index] = pid
    case .thread(let pid, let tid):
      isThread[track.index] = true
      pids[track.index] = pid
      grow(to: track.index)
      threads[track.index].pid = pid
      threads[track.index].tid = tid
      threads[track.index].runs = runs(of: pid)
      if isByTrack, threads[track.index].root == 0 { threads[track.index].root = addRoot() }
    case .task:
      isThread[track.index] = true
      grow(to: track.index)
      threads[track.index].isTask = true
      if let parent = track.parent, parent < pids.count, let pid = pids[parent] {
        pids[track.index] = pid
        threads[track.index].pid = pid
        threads[track.index].runs = runs(of: pid)
        runs[Int(threads[track.index].runs)].hasTasks()
      }
      if isByTrack {
        if threads[track.index].root == 0 { threads[track.index].root = addRoot() }
        return
      }
      if taskRoot == 0 { taskRoot = addRoot() }
      threads[track.index].root = taskRoot
    case .counter(true, _):
      guard let thread = track.parent, thread < isThread.count, isThread[thread] else { return }
      readingTracks[track.index] = ReadingMetric(track: track.name).map { (thread, $0) }
    default: break
    }
  }

  /// How old a reading of this thread may be and still count as one of now.
  package mutating func setBound(_ nanoseconds: UInt64, of thread: Int) {
    grow(to: thread)
    threads[thread].boundNanoseconds = nanoseconds
  }

  /// `false`: not one of a thread's readings.
  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) -> Bool {
    guard track < readingTracks.count, let (thread, metric) = readingTracks[track] else { return false }
    grow(to: thread)
    threads[thread].readings.read(metric, value, at: time, remembered: threads[thread].frames.last?.reading ?? -1)
    threads[thread].latest = threads[thread].readings.latest
    pending = thread
    return true
  }

  private mutating func runs(of pid: Int32) -> Int32 {
    if let known = runPlaces[pid] { return known }
    let place = Int32(truncatingIfNeeded: runs.count)
    runPlaces[pid] = place
    runs.append(ProcessRuns(pid: pid, start: activity.start))
    return place
  }

  // MARK: whose a reading is

  /// An event of `track` carried the reading that was told last.
  mutating func point(_ track: Int, at time: UInt64, before: Int32, after: Int32) {
    let reading = pending
    pending = -1
    // What a thread calls while it runs a task is the task's.
    let track = taskRun(by: track) ?? track
    // The thread's own, or that of a task which the thread runs.
    guard
      reading == track
        || threads[track].isTask && !threads[reading].isTask && threads[reading].runs == threads[track].runs,
      threads[track].runs >= 0, var values = threads[reading].readings.entries.last?.values
    else { return }
    let thread = values[.threadID] ?? Int64(threads[reading].tid)
    values[.threadID] = nil
    threads[track].readOn = thread
    var point = ReadPoint(
      time: time, thread: thread, track: Int32(truncatingIfNeeded: track), before: before, after: after, values: values)
    point.isOfTask = threads[track].isTask
    let isRun = !threads[reading].stretches.isEmpty
    if reading != track, let own = isRun ? frameAroundTasks(of: reading) : threads[reading].frames.last {
      if !isRun, own.begin > threads[track].frames.last?.begin ?? 0 {
        (point.before, point.after, point.isOfTask) = (own.node, own.node, false)
        point.track = Int32(truncatingIfNeeded: reading)
      } else {
        point.own = own.node
      }
    }
    runs[Int(threads[track].runs)].add(point)
  }

  /// The process of this thread does not say when its tasks are suspended.
  mutating func tasksAreSilent(ofThread track: Int) {
    guard track < threads.count, threads[track].runs >= 0 else { return }
    runs[Int(threads[track].runs)].areTasksSilent = true
  }

  private mutating func unread(_ track: Int, at time: UInt64, after: Int32) {
    guard threads[track].runs >= 0 else { return }
    var point = ReadPoint(
      time: time, thread: 0, track: Int32(truncatingIfNeeded: track), before: ReadPoint.Code.outside, after: after,
      values: ReadingValues())
    (point.isOfTask, point.isUnread) = (true, true)
    runs[Int(threads[track].runs)].add(point)
  }

  /// A task said that it was suspended, or resumed, with a reading of its thread.
  package mutating func switched(_ track: Int, isResumed: Bool, at time: UInt64) {
    guard track < threads.count else { return }
    if threads[track].runs >= 0 { runs[Int(threads[track].runs)].tellsSwitches(track) }
    goesOn(track, isResumed: isResumed, at: time)
  }

  /// The same where a stretch says it, which before Python 3.12 knows of some suspensions only.
  mutating func goesOn(_ track: Int, isResumed: Bool, at time: UInt64) {
    if pending < 0 {
      // Without a reading: the one that was read last runs no longer.
      guard !isResumed, threads[track].runs >= 0, let thread = threads[track].readOn else { return }
      var point = ReadPoint(
        time: time, thread: thread, track: Int32(truncatingIfNeeded: track), before: ReadPoint.Code.nobody,
        after: ReadPoint.Code.nobody, values: ReadingValues())
      point.isOfTask = true
      return runs[Int(threads[track].runs)].add(point)
    }
    let node = threads[track].frames.last?.node ?? ReadPoint.Code.outside
    point(
      track, at: time, before: isResumed ? ReadPoint.Code.nobody : node,
      after: isResumed ? node : ReadPoint.Code.nobody)
  }

  private mutating func addRoot() -> Int32 {
    nodes.append(Node(name: -1, parent: -1))
    return Int32(nodes.count - 1)
  }

  mutating func grow(to track: Int) { while threads.count <= track { threads.append(Thread()) } }

  // MARK: spans

  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    if track >= threads.count { grow(to: track) }
    threads[track].events &+= 1
    let outer = innermostNode(track)
    let root = threads[taskInnermost(on: track) ?? track].root
    let node = Int32(truncatingIfNeeded: child(of: Int(outer ?? root), named: name))
    if nodes[Int(node)].track != track { met(Int(node), on: track) }
    threads[track].frames.append(Frame(node: node, reading: threads[track].latest, begin: time))
    if pending >= 0 {
      point(track, at: time, before: outer ?? ReadPoint.Code.outside, after: node)
    } else if threads[track].isTask, threads[track].frames.count == 1 {
      unread(track, at: time, after: node)
    }
  }

  private mutating func met(_ node: Int, on track: Int) {
    if nodes[node].track >= 0 { nodes[node].hasTracks = true }
    nodes[node].track = Int32(truncatingIfNeeded: track)
    if threads[track].isTask { nodes[node].isOfTask = true }
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    if let task = detail.task, !isByTrack { return beginStretch(of: task, on: track, at: time) }
    begin(track, name: name, at: time)
    let frame = threads[track].frames.count - 1
    threads[track].frames[frame].isResumed = detail.isResumed
    if !detail.arguments.isEmpty { add(detail.arguments, toFrame: frame, on: track) }
  }

  package mutating func end(_ track: Int, at time: UInt64) {
    if track >= threads.count { grow(to: track) }
    threads[track].events &+= 1
    guard let frame = threads[track].frames.popLast() else {
      unmatchedEnds += 1
      return
    }
    if frame.task >= 0 { return endStretch(frame, on: track, at: time) }
    if pending >= 0 {
      let outer = innermostNode(track) ?? ReadPoint.Code.outside
      point(track, at: time, before: frame.node, after: outer)
    } else if threads[track].isTask, threads[track].frames.isEmpty {
      unread(track, at: time, after: ReadPoint.Code.outside)
    }
    let node = Int(frame.node)
    let duration = time >= frame.begin ? time - frame.begin : 0
    nodes[node].durations.add(duration)
    activity.add(node, from: frame.begin, to: time)
    nodes[node].selfNanoseconds &+= duration >= frame.childNanoseconds ? duration - frame.childNanoseconds : 0
    addToParent(of: track, duration)
    if frame.isResumed { nodes[node].resumed += 1 }
    if frame.hasArguments, let arguments = threads[track].arguments.popLast(),
      duration >= nodes[node].argumentsNanoseconds
    {
      nodes[node].arguments = arguments
      nodes[node].argumentsNanoseconds = duration
    }
    if frame.reading >= 0 {
      nodes[node].readNanoseconds &+= duration
      if frame.reading != threads[track].latest { charge(frame, on: track, duration, at: time) }
    } else {
      let depth = threads[track].frames.count
      if depth < threads[track].childUse.count { threads[track].childUse[depth] = ReadingValues() }
    }
  }

  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    if track < threads.count, let frame = threads[track].frames.indices.last, threads[track].frames[frame].task < 0 {
      let node = Int(threads[track].frames[frame].node)
      if let type = detail.exception { nodes[node].add(exception: type) }
      if detail.isLeftOpen { nodes[node].leftOpen += 1 }
      if !detail.arguments.isEmpty { add(detail.arguments, toFrame: frame, on: track) }
    }
    end(track, at: time)
  }

  private mutating func add(_ arguments: [Annotation], toFrame frame: Int, on track: Int) {
    if threads[track].frames[frame].hasArguments {
      threads[track].arguments[threads[track].arguments.count - 1] += arguments
    } else {
      threads[track].frames[frame].hasArguments = true
      threads[track].arguments.append(arguments)
    }
  }

  /// The thread was read since the span began. `frame` has been taken off the stack.
  private mutating func charge(_ frame: Frame, on track: Int, _ duration: UInt64, at time: UInt64) {
    let node = Int(frame.node)
    let depth = threads[track].frames.count
    let first = threads[track].readings.entries[Int(frame.reading)]
    let last = threads[track].readings.entries[Int(threads[track].latest)]
    let used = last.values.since(first.values)
    if first.values[.threadID] != last.values[.threadID] { nodes[node].changedThread = true }
    nodes[node].used.add(used)
    var own = used
    if depth < threads[track].childUse.count {
      own.subtract(threads[track].childUse[depth])
      threads[track].childUse[depth] = ReadingValues()
    }
    nodes[node].ownUse.add(own)
    if depth > 0 {
      while threads[track].childUse.count < depth { threads[track].childUse.append(ReadingValues()) }
      threads[track].childUse[depth - 1].add(used)
    }
    let peak = threads[track].readings.greatestResident(since: Int(frame.reading))
    if let peak { nodes[node].peakResidentBytes = max(nodes[node].peakResidentBytes ?? peak, peak) }
    let bound = threads[track].boundNanoseconds
    if duration >= bound {
      var call = IterationSeries.Call()
      (call.track, call.begin, call.end) = (track, frame.begin, time)
      (call.residentBefore, call.residentAfter) = (first.values[.resident], last.values[.resident])
      call.greatestResident = peak
      if !threads[track].isTask {
        (call.threadCPUNanoseconds, call.minorFaults) = (used[.threadCPU], used[.minorFaults])
      }
      iterations.add(call, node: node, pid: threads[track].pid)
    }
    if duration >= bound, first.time &+ bound >= frame.begin, last.time &+ bound >= time {
      nodes[node].exactNanoseconds &+= duration
    }
  }

  /// Counts what is still open, once, after the last event.
  /// `end`: of the recording, up to where what is open ran.
  package mutating func finish(at end: UInt64 = 0) { finish { _ in end } }

  /// The same where each track has an end of its own.
  package mutating func finish(endOf: (_ track: Int) -> UInt64) {
    for (track, thread) in threads.enumerated() where !thread.frames.isEmpty {
      let end = endOf(track)
      var inside: UInt64 = 0
      for frame in thread.frames.reversed() where frame.task < 0 {
        let node = Int(frame.node)
        nodes[node].open += 1
        if nodes[node].openPIDs.count < 64, !nodes[node].openPIDs.contains(thread.pid) {
          nodes[node].openPIDs.append(thread.pid)
        }
        activity.add(node, from: frame.begin, to: end)
        nodes[node].openSince = max(nodes[node].openSince ?? 0, frame.begin)
        let duration = end >= frame.begin ? end - frame.begin : 0
        inside &+= frame.childNanoseconds
        nodes[node].openSelfNanoseconds &+= duration >= inside ? duration - inside : 0
        inside = duration
      }
    }
    var known = ReadingValues()
    for thread in threads { known.know(thread.readings.known) }
    for node in nodes.indices {
      // A call in which nothing was read used nothing that was noticed.
      if nodes[node].readNanoseconds > 0 {
        nodes[node].used.know(known)
        nodes[node].ownUse.know(known)
      }
      if nodes[node].argumentsNanoseconds < nodes[node].durations.greatest { nodes[node].arguments = [] }
    }
    for index in threads.indices { threads[index].frames = [] }
    share(known)
  }

  // MARK: what threads and tasks share

  /// Of a page; faults count pages.
  package var pageBytes = 4096.0

  /// Gives each node what is its own of what its process's threads used, where more than one was in spans.
  private mutating func share(_ known: ReadingValues) {
    var uses = SharedUses(count: nodes.count)
    for place in runs.indices {
      let faults = runs[place].threadFaults
      runs[place].finish()
      let run = runs[place]
      if run.areTasks { taskReadings[run.pid] = run.readings }
      guard run.grid.first != nil else { continue }
      let solution = run.isShared ? GrowthSolution(run, pageBytes: pageBytes) : nil
      uses.add(run, solution)
      var process = ProcessGrowth(run)
      process.faults = faults
      processGrowth.append(process)
    }
    for node in nodes.indices where uses.isShared[node] { nodes[node].isShared = true }
    uses.sumUp { nodes[$0].parent }
    for node in nodes.indices where nodes[node].name >= 0 {
      let seen = (nodes[node].used, nodes[node].ownUse)
      defer {
        if nodes[node].isOfTask || nodes[node].isShared {
          nodes[node].overlap = OverlapShares(
            seen: seen.0, used: nodes[node].used, ownSeen: seen.1, ownUsed: nodes[node].ownUse)
        }
      }
      if nodes[node].isOfTask {
        var whole = uses.whole[node]
        // In a call in which nothing was read nothing was noticed.
        if nodes[node].readNanoseconds > 0 { whole.know(known) }
        if whole.isEmpty {
          nodes[node].used.forgetThread()
          nodes[node].ownUse.forgetThread()
          nodes[node].used[.resident] = nil
          nodes[node].ownUse[.resident] = nil
        } else {
          let process = nodes[node].used[.processCPU]
          (nodes[node].used, nodes[node].ownUse) = (whole, uses.own[node])
          nodes[node].ownUse.know(whole)
          nodes[node].used[.processCPU] = process
          // What it used on the thread that it has left is not known.
          if nodes[node].changedThread {
            nodes[node].used.forgetThread()
            nodes[node].ownUse.forgetThread()
            (nodes[node].used[.resident], nodes[node].ownUse[.resident]) = (nil, nil)
          }
          // What was read around it tells how far it is known.
          if nodes[node].readNanoseconds == 0 { nodes[node].readNanoseconds = nodes[node].durations.sum }
        }
      } else {
        nodes[node].ownUse.subtractKnown(uses.lent[node])
        if nodes[node].isShared {
          nodes[node].used[.resident] = uses.whole[node][.resident] ?? 0
          nodes[node].ownUse[.resident] = uses.own[node][.resident] ?? 0
        }
      }
      // Each of them saw all that the process used.
      if nodes[node].hasTracks, nodes[node].isShared || nodes[node].isOfTask { nodes[node].used[.processCPU] = nil }
    }
    growth = uses.growth
    runs = []
  }

  /// Processes in which several threads or tasks had spans; there after ``finish(at:)``.
  package var sharedPIDs: Set<Int32> { Set(processGrowth.filter(\.isShared).map(\.pid)) }

  package func pid(ofTrack track: Int) -> Int32 { track < threads.count ? threads[track].pid : 0 }

  /// One a process.
  package func growth(of node: Int) -> [SpanGrowth] { growth[Int32(truncatingIfNeeded: node)] ?? [] }

  // MARK: nodes

  private static let few = 48

  /// Those that are spans.
  package var spans: [Int] { nodes.indices.filter { nodes[$0].name >= 0 } }

  /// The names from the outermost to this node's.
  package func path(of node: Int) -> [Int] {
    var path: [Int] = []
    var at = node
    while nodes[at].name >= 0 {
      path.append(nodes[at].name)
      at = nodes[at].parent
    }
    return path.reversed()
  }

  package func isOfTask(_ node: Int) -> Bool {
    taskRoot > 0 && root(of: node) == Int(taskRoot)
  }

  /// The node that is no span and that this one stands under.
  package func root(of node: Int) -> Int {
    var at = node
    while nodes[at].name >= 0 { at = nodes[at].parent }
    return at
  }

  /// The root of the spans of a thread or a task.
  package func root(ofTrack track: Int) -> Int { track < threads.count ? Int(threads[track].root) : 0 }

  func knownChild(of parent: Int, named name: Int) -> Int? {
    if nodes[parent].children.count > Self.few { return nodes[parent].places[name] }
    return nodes[parent].children.first { $0.name == name }?.node
  }

  mutating func child(of parent: Int, named name: Int) -> Int {
    if let known = knownChild(of: parent, named: name) { return known }
    let known = nodes[parent].children.count
    let node = nodes.count
    nodes.append(Node(name: name, parent: parent))
    nodes[parent].children.append((name, node))
    if known > Self.few {
      nodes[parent].places[name] = node
    } else if known == Self.few {
      for child in nodes[parent].children { nodes[parent].places[child.name] = child.node }
    }
    return node
  }
}
