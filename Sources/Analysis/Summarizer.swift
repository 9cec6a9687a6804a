internal import StripModel
package import StripReader
package import StripRecording

/// Reads a recording once and keeps what a report needs.
package struct Summarizer: RecordingVisitor {
  private var ledger = Ledger()
  private var spans = SpanTree()
  private var folds = SpanFolds()
  private var lineBook = LineBook()
  private var stackBook = StackBook()
  private var program = ProgramBook()
  private var gpus = GPUBook()
  private var survey = SurveyBook()
  private var limitBook = LimitBook()
  private var heapBook = HeapBook()
  private var names: [String] = []
  private var facts = RecordingSummary()
  /// The last tick that was drawn, and the one after it.
  private var previous: Totals?
  private var pending: Totals?
  private var closedTime: UInt64 = 0
  private var greatestResident: Int64 = 0
  private var greatestResidentTime: UInt64 = 0
  private var greatestResidentSum: Int64 = 0
  private var hasPartialTicks = false
  /// Not drawn yet.
  private var late: [Accounts.LateUse] = []
  private var greatestProcessCount = 0
  private var greatestTaskCount: Int64 = 0
  private var leastAvailable: Int64?
  private var hasBegun = false
  private var probeReads: [String: (reads: Int64, nanoseconds: Int64)] = [:]
  private var lastTime: UInt64 = 0
  /// Processes that a track names: those that wrote spans are among them even if no tick met them.
  private var describedProcesses: [Int32: (name: String, namespacePID: Int32?, time: UInt64)] = [:]
  private var forkPeakResident: Int64 = 0

  /// The sums at one tick.
  private struct Totals {
    var time: UInt64
    /// As readings saw it, and what was used before it showed.
    var cpu: Int64?
    var late: [Accounts.LateUse]
    var resident: Int64?
    var readBytes: Int64?
    var writeBytes: Int64?
    var machineBusy: Int64?
    var machineAll: Int64?
    var machineTime: UInt64
    var processes: Int
    var cgroupMemory: Int64?
    var throttled: Int64?

    /// What had been used when the recording began: nothing.
    func none(at start: UInt64) -> Totals {
      Totals(
        time: start, cpu: cpu.map { _ in 0 }, late: [], readBytes: readBytes.map { _ in 0 },
        writeBytes: writeBytes.map { _ in 0 }, machineTime: start, processes: 0)
    }
  }

  /// No machine runs for so long (146 years): a later time comes from damage.
  private static let latest: UInt64 = 1 << 62

  init() {}

  /// The summary of the recording at `path`. Errors: as ``RecordingReader``; `notARecording` when nothing of a run is in it.
  package static func summarize(_ path: String) throws(RecordingError) -> RecordingSummary {
    var reader = try RecordingReader(path)
    var summarizer = Summarizer()
    let ending = try reader.read(&summarizer)
    guard summarizer.hasBegun else {
      if case .damaged(let offset) = ending { throw .notARecording(path: path, offset: offset) }
      if case .truncated(let offset) = ending { throw .notARecording(path: path, offset: offset) }
      throw .notARecording(path: path, offset: reader.size)
    }
    var summary = summarizer.finished()
    summary.path = path
    summary.fileBytes = reader.size
    summary.packets = reader.packets
    summary.ending = ending
    return summary
  }

  // MARK: what the recording says

  package mutating func describe(_ track: Track) {
    ledger.describe(track)
    spans.describe(track)
    program.describe(track)
    gpus.describe(track)
    survey.describe(track)
    heapBook.describe(track)
    if case .thread = track.kind, let bound = program.bound(of: track.index) {
      spans.setBound(bound, of: track.index)
    }
    guard case .process(let pid) = track.kind else { return }
    if let index = ledger.knownProcess(on: track.index) {
      ledger.update(index) { $0.name = track.name }
    } else if describedProcesses[pid] == nil {
      describedProcesses[pid] = (track.name, track.namespacePID, lastTime)
    }
  }

  package mutating func name(_ number: Int, _ text: String) { names.append(text) }

  @inline(__always)
  package mutating func begin(_ track: Int, name: Int, at time: UInt64) {
    spans.begin(track, name: name, at: time)
    if time > lastTime { lastTime = time }
  }

  @inline(__always)
  package mutating func end(_ track: Int, at time: UInt64) {
    spans.end(track, at: time)
    if time > lastTime { lastTime = time }
  }

  package mutating func begin(_ track: Int, name: Int, at time: UInt64, _ detail: SpanDetail) {
    spans.begin(track, name: name, at: time, detail)
    if time > lastTime { lastTime = time }
  }

  package mutating func end(_ track: Int, at time: UInt64, _ detail: SpanDetail) {
    spans.end(track, at: time, detail)
    if time > lastTime { lastTime = time }
  }

  package mutating func value(_ track: Int, _ value: Double, at time: UInt64) {
    guard time < Self.latest else { return }
    program.value(track, value, at: time, since: facts.run.start)
    if time > lastTime { lastTime = time }
  }

  package mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {
    guard time < Self.latest else { return }
    program.mark(text, on: track, at: time, arguments)
    if time > lastTime { lastTime = time }
  }

  package mutating func lines(_ table: RecordedLines) {
    lineBook.add(table, seconds)
    program.lines(table)
  }

  package mutating func folded(_ fold: RecordedFold) {
    folds.add(fold, under: spans.root(ofTrack: fold.thread), pid: spans.pid(ofTrack: fold.thread))
    program.folded(fold)
  }

  package mutating func stackPeriod(_ nanoseconds: UInt64) { stackBook.setPeriod(nanoseconds) }
  package mutating func frame(_ number: Int, _ address: UInt64, in image: StackImage) {
    stackBook.frame(number, address, in: image)
  }
  package mutating func stack(_ number: Int, frames: [Int]) { stackBook.stack(number, frames: frames) }
  package mutating func stackSample(_ stack: Int, of thread: StackThread, at time: UInt64) { stackBook.sample(stack) }
  package mutating func symbols(_ symbols: ImageSymbols) { stackBook.add(symbols) }

  package mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {
    guard time < Self.latest else { return }
    if spans.count(track, value, at: time) || gpus.count(track, value, at: time) { return }
    if heapBook.count(track, value) || survey.count(track, value) { return }
    guard ledger.holds(track) else { return }
    if ledger.closes(tick: time) { closeTick() }
    ledger.count(track, value, at: time)
    if time > lastTime { lastTime = time }
  }

  package mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {
    if facts.run.realtimeOffset != 0 { return }
    if let monotonic { facts.run.monotonicOffset = Int64(bitPattern: monotonic &- boottime) }
    if let realtime { facts.run.realtimeOffset = Int64(bitPattern: realtime &- boottime) }
  }

  package mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    let note = Note(values)
    guard time < Self.latest else { return }
    if !ledger.isJournal(track) { return programNote(name, on: track, at: time, note) }
    if ledger.closes(tick: time) { closeTick() }
    if time > lastTime { lastTime = time }
    ledger.note(name, on: track, at: time, note)
    switch name {
    case "recording": begin(note, at: time)
    case "machine": machine(note)
    case "process", "exec":
      process(note, on: track)
      limitBook.process(note)
    case "cgroup": limitBook.cgroup(note)
    case "source": lineBook.source(note)
    case "stacks": stackBook.note(note)
    case "limits": limitBook.resourceLimits(note)
    case "process limits":
      if let index = ledger.process(on: track) { limitBook.processLimits(note, of: index, &ledger) }
    case "other cgroup": limitBook.otherCgroup(note)
    case "out of memory": limitBook.outOfMemory(note)
    case "recorder full": facts.run.fullSeconds = note.integer("full_ns").map { seconds(UInt64(bitPattern: $0)) }
    case "process ended":
      if let name = note.text("name"), let index = ledger.process(on: track) { ledger.update(index) { $0.name = name } }
    case "lives": facts.recorder.lives = LivesSource(note)
    case "missing": missing(note)
    case "probe":
      if let probe = note.text("probe") {
        probeReads[probe] = (note.integer("reads") ?? 0, note.integer("nanoseconds") ?? 0)
      }
    case "recording ended":
      facts.run.endReason = note.text("reason") ?? "ended"
      facts.run.end = time
      facts.run.exit = note.exit
    case "pattern": _ = program.note(name, on: track, note)
    default: _ = gpus.note(name, on: track, at: time, note) || survey.note(name, on: track, at: time, note)
    }
  }

  private mutating func missing(_ note: Note) {
    facts.missing.append(
      MissingFact(
        pid: note.integer("pid").map { Int32(truncatingIfNeeded: $0) }, probe: note.text("probe") ?? "",
        reason: note.text("reason") ?? "", needs: note.text("needs")))
  }

  /// `CPython 3.11.7`: sys.monitoring, which tells of suspensions, came with 3.12.
  private static func areTasksSilent(_ library: String) -> Bool {
    let words = library.split(separator: " ")
    guard words.count > 1, words[0] == "CPython" else { return false }
    let version = words[1].split(separator: ".").prefix(2).compactMap { Int($0) }
    return version.count == 2 && version[0] == 3 && version[1] < 12
  }

  /// A thread of a program wrote it: it tells nothing of the sampler's ticks.
  private mutating func programNote(_ name: String, on track: Int, at time: UInt64, _ note: Note) {
    if time > lastTime { lastTime = time }
    switch name {
    case "code": lineBook.code(note)
    case "library": if Self.areTasksSilent(note.text("library") ?? "") { spans.tasksAreSilent(ofThread: track) }
    case "source": lineBook.source(note)
    case "suspended", "resumed": spans.switched(track, isResumed: name == "resumed", at: time)
    case "missing": missing(note)
    default: break
    }
    _ = program.note(name, on: track, note)
    if name == "library", let bound = program.bound(of: track) {
      for thread in program.threads(of: track) { spans.setBound(bound, of: thread) }
    }
  }

  private mutating func begin(_ note: Note, at time: UInt64) {
    hasBegun = true
    facts.run.start = time
    spans.activity.start = time
    facts.run.mode = note.text("mode") ?? ""
    facts.run.version = note.text("version") ?? ""
    facts.run.command = note.texts("command")
    facts.run.commandWords = note.integer("command_words")
    forkPeakResident = note.integer("fork_peak_rss_bytes") ?? .max
    facts.run.workingDirectory = note.text("working_directory")
    facts.run.interval = note.text("interval") ?? ""
    gpus.begin(at: time)
    survey.begin(at: time)
    facts.curves = Curves(start: time)
  }

  private mutating func machine(_ note: Note) {
    facts.machine.host = note.text("host")
    facts.machine.kernel = note.text("kernel")
    facts.machine.cpuModel = note.text("cpu_model")
    facts.machine.physicalCPUs = note.integer("physical_cpus")
    facts.machine.logicalCPUs = note.integer("logical_cpus")
    facts.machine.memoryBytes = note.integer("memory_bytes")
    facts.machine.swapBytes = note.integer("swap_bytes")
    facts.machine.bootSeconds = note.integer("boot_time_seconds")
    facts.machine.pageBytes = note.integer("page_bytes")
    facts.machine.container = note.text("container")
  }

  /// Who it is; the ledger has entered what counts.
  private mutating func process(_ note: Note, on track: Int) {
    guard let index = ledger.process(on: track) else { return }
    ledger.update(index) { process in
      let command = note.texts("command")
      if !command.isEmpty { process.arguments = command }
      process.name = note.text("name") ?? process.name
      process.executable = note.text("executable") ?? process.executable
      process.workingDirectory = note.text("working_directory") ?? process.workingDirectory
      process.userID = note.integer("user_id") ?? process.userID
      process.user = note.text("user") ?? process.user
      if let pids = note.text("namespace_pids") {
        process.namespacePID = pids.split(separator: " ").last.flatMap { Int32($0) }
      }
    }
  }

  // MARK: ticks

  /// Looks at the books when all readings of a tick are in them.
  private mutating func closeTick() {
    guard ledger.time != closedTime else { return }
    closedTime = ledger.time
    ledger.settle()
    late += ledger.lateCPU
    if let available = ledger.machine[.availableSize] { leastAvailable = min(leastAvailable ?? .max, available) }
    if !ledger.cgroups.isEmpty { limitBook.closeTick(ledger.cgroup) }
    // Its sums would be those of processes that nobody looked at.
    if ledger.isPartial {
      hasPartialTicks = true
      return
    }
    let cpu = ledger.machineCPU
    let alive = ledger.alive.count
    let isMachineNew = cpu.map { $0.all != pending?.machineAll } ?? false
    let now = Totals(
      // Until the last one had ended there was more than what is left.
      time: ledger.time, cpu: ledger.directCPU, late: late, resident: alive == 0 ? nil : ledger.heldMemory,
      readBytes: ledger.sum(ProcessMetric.readBytes), writeBytes: ledger.sum(ProcessMetric.writeBytes),
      machineBusy: cpu?.busy, machineAll: cpu?.all,
      machineTime: isMachineNew ? ledger.time : pending?.machineTime ?? ledger.time, processes: alive,
      cgroupMemory: ledger.cgroup[.memoryUse], throttled: ledger.grown(.throttledTime))
    late.removeAll()
    greatestProcessCount = max(greatestProcessCount, alive)
    greatestTaskCount = max(greatestTaskCount, ledger.sum(.threads) ?? 0)
    if let sum = ledger.sum(.residentSize) { greatestResidentSum = max(greatestResidentSum, sum) }
    if let resident = now.resident, resident > greatestResident {
      greatestResident = resident
      greatestResidentTime = now.time
    }
    guard var last = pending else {
      pending = now
      return
    }
    // A child that was just waited for may be in its parent's account before its own is closed: for one tick it stands in both, and
    // the next tick's sum is the true one.
    last.readBytes = Self.less(last.readBytes, now.readBytes)
    last.writeBytes = Self.less(last.writeBytes, now.writeBytes)
    drawn(last)
    pending = now
  }

  private static func less(_ left: Int64?, _ right: Int64?) -> Int64? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
  }

  private mutating func drawn(_ totals: Totals, isLast: Bool = false) {
    let before = previous ?? totals.none(at: min(facts.run.start, totals.time))
    // A rate over less time would show the jitter of reading, not the program; where there is no other it is better than none.
    guard totals.time - before.time >= 5_000_000 || isLast && facts.curves.processes.peak == nil else {
      previous = before
      previous?.late += totals.late
      return
    }
    draw(before, totals)
    previous = totals
  }

  private mutating func draw(_ before: Totals, _ now: Totals) {
    let nanoseconds = Double(now.time - before.time)
    func rate(_ old: Int64?, _ new: Int64?, _ scale: Double) -> Double? {
      guard let old, let new, new >= old, nanoseconds > 0 else { return nil }
      return Double(new &- old) * scale / nanoseconds
    }
    rate(before.cpu, now.cpu, 1).map { facts.curves.cpu.add($0, from: before.time, to: now.time) }
    for use in before.late {
      facts.curves.cpu.addLate(Double(use.nanoseconds), from: use.from, to: use.to)
    }
    rate(before.readBytes, now.readBytes, 1e9).map { facts.curves.diskRead.add($0, from: before.time, to: now.time) }
    rate(before.writeBytes, now.writeBytes, 1e9).map { facts.curves.diskWrite.add($0, from: before.time, to: now.time) }
    now.resident.map { facts.curves.resident.add(Double($0), from: before.time, to: now.time) }
    facts.curves.processes.add(Double(now.processes), from: before.time, to: now.time)
    now.cgroupMemory.map { facts.curves.cgroupMemory.add(Double($0), from: before.time, to: now.time) }
    rate(before.throttled, now.throttled, 1).map { facts.curves.throttled.add($0, from: before.time, to: now.time) }
    if let oldBusy = before.machineBusy, let oldAll = before.machineAll, let busy = now.machineBusy,
      let all = now.machineAll,
      all > oldAll
    {
      facts.curves.machineCPU.add(
        Double(busy &- oldBusy) / Double(all &- oldAll), from: before.machineTime, to: now.time)
    }
  }

  // MARK: the end

  mutating func finished() -> RecordingSummary {
    closeTick()
    if let pending { drawn(pending, isLast: true) }
    ledger.settleAtEnd()
    for use in (previous?.late ?? []) + late + ledger.lateCPU {
      facts.curves.cpu.addLate(Double(use.nanoseconds), from: use.from, to: use.to)
    }
    if let processors = facts.machine.logicalCPUs { facts.curves.cpu.settleLate(atMost: Double(processors)) }
    if let bytes = facts.machine.pageBytes, bytes > 0 { spans.pageBytes = Double(bytes) }
    spans.finish(at: facts.run.end == 0 ? lastTime : facts.run.end)
    folds.place(in: &spans)
    if facts.run.end == 0 { facts.run.end = max(lastTime, facts.run.start) }
    facts.processes = ledger.processes.map { usage($0) } + ledger.lives.all.map { usage($0) }
    addUnseenWriters()
    for place in facts.processes.indices {
      let own = heapBook.recordingBytes[facts.processes[place].pid] ?? 0
      if let bytes = facts.processes[place].last[.writeBytes] {
        facts.processes[place].last[.writeBytes] = max(bytes &- own, 0)
      }
    }
    finishTotal()
    if let cpu = ledger.machineCPU, cpu.all > 0 { facts.machine.busyShare = Double(cpu.busy) / Double(cpu.all) }
    facts.machine.leastAvailableBytes = leastAvailable
    facts.machineUse = MachineUse(ledger)
    facts.machineActivity = MachineActivity(ledger)
    survey.finish(&facts)
    limitBook.finish(&facts, ledger)
    facts.heaps = heapBook.finished
    facts.counters = program.counters
    facts.gpus = gpus.finished(at: facts.run.end)
    finishSpans()
    facts.functions = lineBook.functions
    keepOwnGrowthOfLines()
    facts.stacks = stackBook.usage(lineBook)
    facts.marks = program.marks(seconds)
    facts.markCount = program.markCount
    facts.libraries = program.libraryUsages(spans)
    // One that the recorder found silent may have joined a moment later.
    let writers = Set(facts.libraries.compactMap(\.pid))
    facts.missing.removeAll { fact in fact.probe == "spans" && fact.pid.map(writers.contains) ?? false }
    facts.misuses = program.misuses
    facts.unmatchedPatterns = program.unmatchedPatterns
    facts.unmatchedSpanEnds = spans.unmatchedEnds
    finishRecorder()
    return facts
  }

  private mutating func finishSpans() {
    let iterations = spans.iterations.series
    facts.growth = spans.processGrowth
    facts.spans = spans.spans.map { node in
      var usage = SpanUsage()
      usage.path = spans.path(of: node).map { $0 < names.count ? names[$0] : "(unnamed)" }
      usage.name = usage.path.last ?? ""
      usage.isTask = spans.isOfTask(node)
      usage.take(spans.nodes[node])
      usage.place = program.place(of: usage.name)
      usage.openSinceSeconds = spans.nodes[node].openSince.map(seconds)
      usage.iterations = iterations[node] ?? []
      usage.growth = spans.growth(of: node)
      usage.inside = CurvesInside(facts.curves, facts.counters, spans.activity, path: node)
      usage.inside.gpus = facts.gpus.compactMap { GPUInside($0, spans.activity, path: node) }
      if let folded = spans.nodes[node].folded {
        usage.folded = FoldedCalls(count: folded.count, sinceSeconds: seconds(folded.since))
      }
      return usage
    }
  }

  /// Lines of several threads see each other's memory: then a line has what its own page faults account for.
  private mutating func keepOwnGrowthOfLines() {
    let sum = facts.functions.reduce(0.0) { $0 + $1.lines.reduce(0) { $0 + Double(max($1.residentGrowthBytes, 0)) } }
    let peak = Double(facts.total.peakResidentBytes ?? .max)
    guard sum > peak || facts.growth.contains(where: \.isShared) else { return }
    let page = facts.machine.pageBytes ?? 4096
    for function in facts.functions.indices {
      for line in facts.functions[function].lines.indices {
        let faults = Int64(clamping: facts.functions[function].lines[line].minorFaults)
        let own = faults.multipliedReportingOverflow(by: page)
        facts.functions[function].lines[line].residentGrowthBytes = min(
          facts.functions[function].lines[line].residentGrowthBytes, own.overflow ? .max : own.partialValue)
      }
    }
  }

  /// A process that wrote spans and came and went between two ticks: it was there, and its figures are missing.
  private mutating func addUnseenWriters() {
    let seen = Set(facts.processes.map(\.pid))
    for place in facts.processes.indices where facts.processes[place].namespacePID == nil {
      // An exit record has one PID only; the process's own track has the other.
      facts.processes[place].namespacePID = describedProcesses[facts.processes[place].pid]?.namespacePID
    }
    for (pid, process) in describedProcesses.sorted(by: { $0.key < $1.key }) where !seen.contains(pid) {
      var usage = ProcessUsage()
      usage.pid = pid
      usage.namespacePID = process.namespacePID
      usage.name = process.name
      usage.firstSeenSeconds = seconds(process.time)
      // One of another PID namespace may also be there, under a PID that nobody could find out.
      usage.finalReading = usage.knownPID == nil ? nil : "vanished"
      facts.processes.append(usage)
    }
  }

  private func seconds(_ time: UInt64) -> Double { Double(Int64(bitPattern: time &- facts.run.start)) / 1e9 }

  private func usage(_ process: ProcessLedger) -> ProcessUsage {
    var usage = ProcessUsage()
    usage.pid = process.pid
    usage.namespacePID = process.namespacePID
    usage.parentPID = process.parentPID
    usage.name = process.name
    usage.command = process.arguments
    usage.executable = process.executable
    usage.workingDirectory = process.workingDirectory
    usage.userID = process.userID
    usage.user = process.user
    usage.startSeconds = process.started.map(seconds)
    usage.firstSeenSeconds = seconds(process.firstSeen)
    usage.endSeconds = process.ended.map(seconds)
    usage.exit = process.exit
    let isVanished = process.finalReading == "vanished"
    usage.finalReading = isVanished && process.exited.has(.cpuTime) ? "exit_record" : process.finalReading
    for metric in ProcessMetric.allCases {
      usage.last[metric] =
        metric.metric.isCumulative ? process.own(metric, runStart: facts.run.start) : process.current[metric]
    }
    usage.peaks = process.peaks
    usage.lastMemory = process.memory.held
    usage.userSeconds = usage.last[.userTime].map { Double($0) / 1e9 }
    usage.systemSeconds = usage.last[.systemTime].map { Double($0) / 1e9 }
    usage.cpuSeconds = process.own(.cpuTime, runStart: facts.run.start).map { Double($0) / 1e9 }
    let waitedChildren = (process.current[.childUserTime] ?? 0) &+ (process.current[.childSystemTime] ?? 0)
    if let waited = process.waited[.cpuTime], waitedChildren == 0, process.baseline(.cpuTime, facts.run.start) == 0 {
      // The last reading may be an interval old; wait4(2) is exact, and here it holds no child's time.
      usage.cpuSeconds = max(usage.cpuSeconds ?? 0, Double(waited) / 1e9)
    }
    let unseen = process.unseenChildrenCPU(runStart: facts.run.start)
    usage.waitedChildrenUnseenCPUSeconds = unseen > 0 ? Double(unseen) / 1e9 : nil
    // A process that was met while it ended has given up its memory already: what it had is missing.
    let sampled = [process.peaks[.residentSize], process.peaks[.peakResidentSize]].compactMap { $0 }.filter { $0 > 0 }
      .max()
    usage.peakResidentBytes = peak(of: process, sampled: sampled)
    if let held = process.peakHeld { usage.peakResidentBytes = max(usage.peakResidentBytes ?? 0, held) }
    usage.isSwitchesLowerBound = process.isLowerBound(.voluntarySwitches)
    usage.isRunDelayLowerBound = process.isLowerBound(.runDelay)
    usage.isCallsLowerBound = process.isCallsLowerBound
    return usage
  }

  /// A process that no reading met, by its exit record.
  private func usage(_ life: Life) -> ProcessUsage {
    var usage = ProcessUsage()
    usage.pid = life.pid
    usage.parentPID = life.parentPID
    usage.name = life.name
    usage.startSeconds = seconds(life.started)
    usage.firstSeenSeconds = seconds(life.started)
    usage.endSeconds = seconds(life.ended)
    usage.exit = life.exit
    usage.finalReading = life.used.has(.minorFaults) ? "exit_record" : "vanished"
    usage.last = life.used
    usage.last[.peakResidentSize] = nil
    usage.peaks[.virtualSize] = life.used[.virtualSize]
    usage.last[.virtualSize] = nil
    usage.userSeconds = life.used[.userTime].map { Double($0) / 1e9 }
    usage.systemSeconds = life.used[.systemTime].map { Double($0) / 1e9 }
    usage.cpuSeconds = life.used[.cpuTime].map { Double($0) / 1e9 }
    usage.peakResidentBytes = life.peakResident
    usage.isCallsLowerBound = life.used.has(.readCalls)
    return usage
  }

  /// The greatest that any reading showed, or what wait4(2) says: that is exact, but it also holds the largest waited-for
  /// child, and what we were ourselves when we forked.
  private func peak(of process: ProcessLedger, sampled: Int64?) -> Int64? {
    guard let waited = process.waitedPeakResident, waited > forkPeakResident,
      process.current[.childMinorFaults] ?? 0 == 0
    else { return sampled ?? process.waitedPeakResident }
    return max(sampled ?? 0, waited)
  }

  private mutating func finishTotal() {
    var total = TotalUsage()
    total.cpuSeconds = ledger.sum(.cpuTime).map { Double($0) / 1e9 }
    for metric in ProcessMetric.allCases { total.usage[metric] = ledger.sum(metric) }
    if let bytes = total.usage[.writeBytes] {
      total.usage[.writeBytes] = max(bytes &- heapBook.recordingBytes.values.reduce(0, &+), 0)
    }
    total.userSeconds = total.usage[.userTime].map { Double($0) / 1e9 }
    total.systemSeconds = total.usage[.systemTime].map { Double($0) / 1e9 }
    // A waited-for child's own peak counts too, whoever it was.
    let waited = ledger.processes.compactMap(\.waitedPeakResident).filter { $0 > forkPeakResident }
    let single = (facts.processes.compactMap(\.peakResidentBytes) + waited).max()
    if let single, single > greatestResident {
      total.peakResidentBytes = single
    } else if greatestResident > 0 {
      total.peakResidentBytes = greatestResident
    }
    if greatestResident > 0 { total.peakResidentAtSeconds = seconds(greatestResidentTime) }
    if greatestResidentSum > 0 { total.peakResidentSumBytes = greatestResidentSum }
    // One that could not be recognized may stand in another row.
    let recognized = facts.processes.count { $0.knownPID != nil }
    total.processCount = recognized + Int(clamping: ledger.unrecordedProcesses)
    total.greatestProcessCount = greatestProcessCount
    total.greatestTaskCount = max(Int(clamping: greatestTaskCount), greatestProcessCount)
    let unseen = facts.processes.compactMap(\.waitedChildrenUnseenCPUSeconds)
    total.unseenCPUSeconds = unseen.isEmpty ? nil : unseen.reduce(0, +)
    total.unseenTasksAtMost = facts.recorder.lives.isComplete ? 0 : ledger.recorder[.unseenTasks]
    let isSomethingUnseen = total.unseenTasksAtMost ?? 0 > 0
    let isFull = facts.run.fullSeconds != nil
    total.isProcessCountLowerBound = isSomethingUnseen || isFull && !facts.recorder.lives.isComplete
    // What such a process does after its last figures, when the kernel takes it down, is in nobody's account.
    let unwaited = Double(ledger.accounts.unwaitedCPU) / 1e9
    total.isUsageLowerBound =
      unwaited > 0.01 * (total.cpuSeconds ?? 0)
      || ledger.lives.all.contains { $0.isUnwaited && !$0.used.has(.cpuTime) }
      || isSomethingUnseen && ledger.processes.contains { $0.ignoresChildren || $0.isUnwaited }
    total.isSwitchesLowerBound = total.isUsageLowerBound || ledger.missesSwitches(unseen: isSomethingUnseen)
    total.isRunDelayLowerBound =
      isSomethingUnseen || facts.processes.contains { $0.isRunDelayLowerBound || !$0.last.has(.runDelay) }
    total.isCallsLowerBound =
      total.isUsageLowerBound || ledger.accounts.holdsRecordsAlone
      || ledger.processes.contains { $0.isCallsLowerBound && $0.claimedBy == nil }
    // One process's own mark is exact. Of several, those that lived for less than a tick may have come together between two.
    let isShort = facts.processes.contains { process in
      process.endSeconds.map { $0 - (process.startSeconds ?? process.firstSeenSeconds) < 0.05 } ?? false
    }
    total.isPeakLowerBound =
      total.processCount > 1
      && (isSomethingUnseen || isShort || isFull || hasPartialTicks || single ?? 0 > greatestResident)
    facts.total = total
  }

  private mutating func finishRecorder() {
    let recorder = ledger.recorder
    facts.recorder.cpuSeconds = recorder[.cpuTime].map { Double($0) / 1e9 }
    facts.recorder.residentBytes = recorder[.residentSize]
    facts.recorder.ticks = recorder[.ticks]
    facts.recorder.late = recorder[.lateTicks]
    facts.recorder.skipped = recorder[.skippedTicks]
    facts.recorder.refusedChunks = recorder[.refusedChunks]
    let wall = facts.run.wallSeconds
    facts.recorder.probes = probeReads.sorted { $0.key < $1.key }.map { name, figures in
      RecorderUsage.ProbeUsage(
        name: name, reads: figures.reads, readsPerSecond: wall > 0 ? Double(figures.reads) / wall : 0,
        meanNanoseconds: figures.reads > 0 ? figures.nanoseconds / figures.reads : 0)
    }
  }
}

/// A journal entry's values by name.
struct Note {
  private let values: [String: Annotation.Value]

  init(_ annotations: [Annotation]) {
    var values: [String: Annotation.Value] = [:]
    for annotation in annotations { values[annotation.name] = annotation.value }
    self.values = values
  }

  func integer(_ name: String) -> Int64? {
    if case .integer(let value)? = values[name] { value } else { nil }
  }

  func text(_ name: String) -> String? {
    if case .text(let value)? = values[name] { value } else { nil }
  }

  func texts(_ name: String) -> [String] {
    switch values[name] {
    case .texts(let texts): texts
    case .text(let text): [text]
    default: []
    }
  }

  func integers(_ name: String) -> [Int64] {
    if case .integers(let values) = values[name] { values } else { [] }
  }

  func flag(_ name: String) -> Bool {
    if case .flag(let value)? = values[name] { value } else { false }
  }

  var exit: ProgramExit? {
    if let code = integer("exit_code") { return .code(Int32(truncatingIfNeeded: code)) }
    if let signal = integer("signal") {
      return .signal(Int32(truncatingIfNeeded: signal), coreDumped: flag("core_dumped"))
    }
    return nil
  }
}
