internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// Takes the kernel's exit records: exact figures of processes that are read, and lives that came and went between two ticks.
///
/// A record tells how long a process lived and not when it ended; records come in the order of the ends, so those of one tick are
/// spread evenly over it.
final class LifeRecorder {
  private var records: ExitRecords?
  /// Where exit records are not to be had.
  private var events: TaskEvents?
  /// Processes whose threads end one after the other, and that no tick has met.
  private var unseen: [Int32: Unseen] = [:]
  /// Ended, with a parent that nobody knows yet: its own record may follow.
  private var waiting: [Unseen] = []
  /// Processes of the run that have ended lately, and when: their records, and their children's, may come late.
  private var recent: [Int32: UInt64] = [:]
  /// All that have ended lately, whoever they belong to: what is left of them is a zombie.
  private var gone: [Int32: UInt64] = [:]
  private var foreign: Set<Int32> = []
  private var pruneDue: UInt64 = 0
  private(set) var lastTaken: UInt64
  /// Lives that found no parent in time.
  private(set) var unplaced: Int64 = 0

  struct Unseen {
    let pid: Int32
    var parent: Int32
    var name: [UInt8] = []
    var status: Int32?
    var elapsedNanoseconds: UInt64 = 0
    var usage = ProcessSample()
    var ended: UInt64 = 0
  }

  private static let longestWait: UInt64 = 2_000_000_000
  private static let mostWaiting = 65_536

  init(_ records: consuming ExitRecords, at now: UInt64) {
    self.records = consume records
    lastTaken = now
  }

  init(_ events: TaskEvents, at now: UInt64) {
    records = nil
    self.events = events
    lastTaken = now
  }

  var source: StaticString { events == nil ? "taskstats" : "perf" }
  var lost: Int64 { (records?.lost ?? 0) &+ (events?.lost ?? 0) &+ unplaced }

  /// All records that are there, in the order of their ends.
  func take() -> [ExitRecord] {
    var taken: [ExitRecord] = []
    while let record = records?.next() { taken.append(record) }
    return taken
  }

  /// Those that have ended, where there are no records.
  func takeEnded() -> [Unseen] { events?.take() ?? [] }

  func add(_ process: Unseen) {
    gone[process.pid] = process.ended
    waiting.append(process)
  }

  func hasTaken(until now: UInt64) { lastTaken = now }

  func note(ended pid: Int32, at time: UInt64) {
    recent[pid] = time
    gone[pid] = time
  }
  func hasEnded(_ pid: Int32) -> Bool { gone[pid] != nil }

  /// Adds a thread's record to its process, which has ended with its last one.
  func add(_ record: ExitRecord, endedAt time: UInt64) {
    var process = unseen.removeValue(forKey: record.process) ?? Unseen(pid: record.process, parent: record.parent)
    process.parent = record.parent
    process.usage.add(record.usage)
    process.elapsedNanoseconds = max(process.elapsedNanoseconds, record.elapsedNanoseconds)
    // The thread that leads gives the name and the status.
    if record.status != nil || process.name.isEmpty { process.name = record.name }
    if let status = record.status { process.status = status }
    guard record.isLast else {
      unseen[record.process] = process
      return
    }
    process.ended = time
    add(process)
  }

  /// Those whose parent is known to belong to the run, parents before their children; the others wait or are dropped.
  func placed(at now: UInt64, isOurs: (Int32) -> Bool, exists: (Int32) -> Bool) -> [Unseen] {
    var placed: [Unseen] = []
    var isNew = true
    while isNew {
      isNew = false
      var left: [Unseen] = []
      for life in waiting {
        if isOurs(life.parent) || recent[life.parent] != nil {
          placed.append(life)
          recent[life.pid] = now
          isNew = true
        } else {
          left.append(life)
        }
      }
      waiting = left
    }
    waiting.removeAll { life in
      if foreign.contains(life.parent) || now > life.ended &+ Self.longestWait { return true }
      guard exists(life.parent) else { return false }
      foreign.insert(life.parent)
      return true
    }
    if waiting.count > Self.mostWaiting {
      unplaced += Int64(waiting.count - Self.mostWaiting)
      waiting.removeFirst(waiting.count - Self.mostWaiting)
    }
    prune(at: now)
    return placed
  }

  private func prune(at now: UInt64) {
    guard now >= pruneDue else { return }
    pruneDue = now + 1_000_000_000
    foreign.removeAll()
    recent = recent.filter { now < $0.value &+ 5_000_000_000 }
    gone = gone.filter { now < $0.value &+ 5_000_000_000 }
    if unseen.count > Self.mostWaiting { unseen.removeAll() }
  }
}

extension Sampler {
  /// Opens the kernel's exit records. What keeps it from that is noted; everything else goes on without.
  func listenForExits() {
    do throws(SystemError) {
      lifeRecorder = LifeRecorder(try ExitRecords(sys: options.roots.sys), at: Clock.boottime())
    } catch {
      livesReason =
        error.isDenied
        ? "the kernel's exit records need CAP_NET_ADMIN"
        : "the kernel's exit records are not to be had here: \(error.text)"
    }
    noteLives(at: Clock.boottime())
  }

  /// `child` has not executed its program yet: without exit records the kernel tells at least who starts and ends.
  package func watchTasks(of child: Int32) {
    guard options.listensForExits, lifeRecorder == nil else { return }
    let now = Clock.boottime()
    guard let events = try? TaskEvents(of: child, processors: Int64(Machine.logicalCPUs), at: now) else { return }
    lifeRecorder = LifeRecorder(events, at: now)
    noteLives(at: now)
  }

  func noteLives(at now: UInt64) {
    guard options.listensForExits else { return }
    let lost = lifeRecorder?.lost
    journal.note(
      "lives", at: now, on: journal.runTrack,
      [
        Annotation("source", text: lifeRecorder.map { "\($0.source)" }), Annotation("lost", lost),
        Annotation("reason", text: livesReason),
      ])
  }

  /// Before the tick looks at who is there: who has ended since the one before. Those whom no tick has met are placed by
  /// ``placeLives(at:)``, when it is known who is new.
  func takeExits(at now: UInt64) {
    guard let lifeRecorder else { return }
    let records = lifeRecorder.take()
    let begin = lifeRecorder.lastTaken
    lifeRecorder.hasTaken(until: now)
    for (place, record) in records.enumerated() {
      if let process = recorded(record.process) {
        process.exited.add(record.usage)
        if let status = record.status {
          process.exitStatus = status
          process.exitName = record.name
        }
        if record.isLast { process.hasExited = true }
        continue
      }
      if lifeRecorder.hasEnded(record.process) { continue }
      let time = begin + (now - begin) * UInt64(place + 1) / UInt64(records.count + 1)
      lifeRecorder.add(record, endedAt: time)
    }
    for ended in lifeRecorder.takeEnded() {
      if let process = recorded(ended.pid) {
        process.hasExited = true
        if process.exitName.isEmpty { process.exitName = ended.name }
      } else if !lifeRecorder.hasEnded(ended.pid) {
        lifeRecorder.add(ended)
      }
    }
  }

  func placeLives(at now: UInt64) {
    guard let lifeRecorder else { return }
    let own = Own.pid
    let proc = options.roots.proc
    let placed = lifeRecorder.placed(
      at: now, isOurs: { self.records($0) },
      exists: { (try? FileStatus.of("\(proc)/\($0)")) != nil || $0 == own })
    for life in placed {
      if full == nil {
        let lost = journal.writer.lostPackets
        note(life, at: now)
        if journal.writer.lostPackets == lost { continue }
        noticeFullFile(at: now)
      }
      addToFull(life)
    }
  }

  private func note(_ life: LifeRecorder.Unseen, at now: UInt64) {
    let started = life.ended > life.elapsedNanoseconds ? life.ended - life.elapsedNanoseconds : 0
    journal.note(
      "life", at: now, on: journal.runTrack,
      [
        Annotation("pid", Int64(life.pid)), Annotation("parent_pid", Int64(life.parent)),
        Annotation("name", text: String(decoding: life.name, as: UTF8.self)),
        Annotation("start_ns", Int64(bitPattern: started)), Annotation("end_ns", Int64(bitPattern: life.ended)),
        Annotation("usage", integers: life.usage.has(.minorFaults) ? life.usage.exitRecord : nil),
      ] + Annotation.exit(life.status.map { ProgramExit(waitStatus: $0) })
        + (ignoresChildren(life.parent) ? [Annotation("unwaited", flag: true)] : []))
  }

  /// Did the recorded process `pid` ignore SIGCHLD at the tick before already, so that the kernel adds the figures of children that have
  /// ended since to nobody's?
  func ignoresChildren(_ pid: Int32) -> Bool {
    guard let parent = recorded(pid) else { return false }
    if parent.signalsTick != schedule.ticks {
      parent.signalsTick = schedule.ticks
      let before = parent.state.ignoresChildren
      unsafe parent.readSignals(buffer: buffer)
      parent.ignoredChildren = before && parent.state.ignoresChildren
    }
    return parent.ignoredChildren
  }
}

extension ProcessSample {
  /// For the journal's `usage`: what is zero at the end is left out.
  var exitRecord: [Int64] {
    var values = ProcessMetric.exitRecord.map { self[$0] ?? 0 }
    while values.count > 1, values.last == 0 { values.removeLast() }
    return values
  }
}
