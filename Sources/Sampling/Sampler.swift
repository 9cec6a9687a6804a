package import StripModel
package import StripPlatform
package import StripProbes
package import StripRecording

/// Reads processes and the machine tick by tick and records what changed.
///
/// The owner drives it: ``tick()`` when ``schedule`` says so, ``childEnded(_:)`` when it has peeked at a zombie of its own, and
/// ``finish(reason:exit:)`` once. One thread.
@safe package final class Sampler {
  package struct Options: Sendable {
    package var interval = TickSchedule.Interval.auto
    /// The part of one CPU that reading may use.
    package var budget = 0.01
    /// Processes started by recorded ones are recorded too.
    package var followsDescendants = true
    /// Orphans of the run become our children: whoever has us as parent belongs to the run.
    package var isReaper = false
    /// The sampler is a thread of the recorded program: what it costs is the thread's, and it has no memory of its own.
    package var isInProcess = false
    /// Takes the kernel's record of each task that ends, where it gives them.
    package var listensForExits = false
    package var roots = KernelRoots()

    package init() {}
  }

  package private(set) var schedule: TickSchedule
  package var journal: Journal
  let options: Options
  var plan: ReadingPlan
  package private(set) var processes: [TrackedProcess] = []
  private var indices: [Int32: Int] = [:]
  private var cursor: TaskCursor
  private var processNumber: UInt64 = 0
  private var isOrderLost = false
  /// The limit of open files is reached: nothing of processes is kept open.
  var isShortOfDescriptors = false
  /// Whom no descriptor was left for: looked at again at the next tick.
  private var unread: [Int32] = []
  private static let mostUnread = 4096
  /// Ended and not reaped when it was last looked at: it may become ours to reap.
  private var zombies: [Int32: (startTicks: UInt64, track: UInt64)] = [:]
  var full: FullFile?
  var lifeRecorder: LifeRecorder?
  /// Why there are no exit records.
  var livesReason: String?
  private var unseenTasks: Int64 = 0
  var machine: MachineRecorder?
  var isMachineDescribed = false
  private let parts: [SamplerPart]
  let buffer: UnsafeMutableRawBufferPointer
  private let calibration: CycleCalibration
  private var recorderGroup: CounterGroup
  private var recorderReader: ProcessReader?
  private var recorderDue: UInt64 = 0
  var knownMachineRefusals = 0
  /// The control groups of the first recorded process, where they limit it.
  var cgroup: CgroupRecorder?
  var cgroupOwner: Int32?
  /// What /proc/PID/cgroup said last.
  var cgroupText: [UInt8] = []
  var cgroupDue: UInt64 = 0
  var knownCgroupRefusals = 0
  /// Groups of other processes, and whom to look at next.
  var otherGroups: [OtherGroup] = []
  var otherGroupsDue: UInt64 = 0
  var nextLook = 0
  /// What /proc/PID/limits said of the first recorded process at first.
  var firstLimits: [UInt8] = []
  /// CLOCK_BOOTTIME of the recording's zero.
  let startTime: UInt64
  /// On the clock of the kernel's log.
  var knownKillTime: Int64 = 0
  var isKernelLogDenied = false
  private var lastClaimed: UInt64 = 0
  private var anchorDue: UInt64 = 0
  private let ownPID = Own.pid
  let ownNamespace = PIDNamespace.own()
  package let file: RecordingFile

  /// Begins the recording in `file`. Cost: a few packets; the machine is described by the first tick.
  package init(
    _ file: RecordingFile, options: Options, facts: [Annotation], title: String, parts: [SamplerPart] = []
  ) {
    self.file = file
    self.options = options
    self.parts = parts
    let now = Clock.boottime()
    startTime = now
    calibration = CycleCalibration(sys: options.roots.sys)
    var journal = Journal(file)
    journal.begin(title: title)
    journal.note("recording", at: now, on: journal.runTrack, facts)
    let recorderTrack = file.control.nextTrack()
    journal.track(recorderTrack, name: "recorder")
    journal.beginTicks()
    recorderGroup = CounterGroup(
      RecorderMetric.allCases, parent: recorderTrack, sequence: file.control.nextCounterSequence())
    self.journal = journal
    schedule = TickSchedule(options.interval, start: now)
    plan = ReadingPlan(budget: options.budget)
    cursor = TaskCursor(proc: options.roots.proc)
    lifeRecorder = nil
    // Safe because freed only by deinit.
    unsafe buffer = .allocate(byteCount: ProcessReader.bufferSize, alignment: 16)
    if options.listensForExits { listenForExits() }
  }

  deinit { unsafe buffer.deallocate() }

  // MARK: whom to record

  package var livingProcesses: Int { processes.count }
  package var livingPIDs: [Int32] { processes.map { $0.pid } }
  package func records(_ pid: Int32) -> Bool { indices[pid] != nil }
  package func recorded(_ pid: Int32) -> TrackedProcess? { indices[pid].map { processes[$0] } }

  /// Records a process from now on. Errors: ENOENT when there is none, or what hides it.
  package func add(_ pid: Int32) throws(SystemError) {
    if indices[pid] != nil || full != nil { return }
    var reader = try makeReader(pid)
    var sample = ProcessSample()
    switch unsafe reader.read(ProcessProbe.through(.every), into: &sample, buffer: buffer) {
    case .vanished: throw SystemError(code: 3, call: "read")
    case .denied(let error):
      if error.isOutOfDescriptors, reader.state.startTicks == 0 { throw error }
    case .read: break
    }
    // What threads counted before the recording is not part of it.
    if Int64(reader.state.startTicks) &* Machine.nanosecondsPerTick &+ 20_000_000 < Int64(startTime) {
      _ = unsafe reader.read(Self.ofThreads, into: &sample, buffer: buffer)
    }
    // A zombie has no memory of its own any more: that is missing, not zero.
    if reader.state.isZombie {
      sample[.residentSize] = nil
      sample[.virtualSize] = nil
    }
    processNumber += 1
    let process = TrackedProcess(reader, number: processNumber, file: file)
    process.sample = sample
    indices[pid] = processes.count
    processes.append(process)
    if cgroupOwner == nil { cgroupOwner = pid }
    let now = Clock.boottime()
    describe(process, as: "process", at: now)
    process.describeAgain = now + 100_000_000
    noteRefusals(process, at: now)
    process.record(at: now, in: &journal)
  }

  private func makeReader(_ pid: Int32) throws(SystemError) -> ProcessReader {
    do throws(SystemError) {
      var reader = try ProcessReader(pid: pid, root: options.roots.proc, keepsOpen: !isShortOfDescriptors)
      if isShortOfDescriptors { reader.park() }
      return reader
    } catch {
      guard error.isOutOfDescriptors, !isShortOfDescriptors else { throw error }
      giveDescriptorsBack(after: error)
      var reader = try ProcessReader(pid: pid, root: options.roots.proc, keepsOpen: false)
      reader.park()
      return reader
    }
  }

  /// All processes are recorded with what descriptors there are: from now on each file is opened for each reading, the machine's too, so
  /// that a few are left for whatever comes.
  private func giveDescriptorsBack(after error: SystemError) {
    guard error.isOutOfDescriptors, !isShortOfDescriptors else { return }
    isShortOfDescriptors = true
    for process in processes { process.reader.park() }
    recorderReader?.park()
    machine?.park()
    noteShortage(error)
  }

  /// Adds every living descendant of the recorded processes; looks at all processes once.
  package func addDescendants() {
    guard let names = try? FileSystem.entries(of: options.roots.proc) else { return }
    adopt(names.compactMap { Int32($0) }.sorted())
  }

  /// Takes in those of `candidates` whose parent is recorded. Returns how many of them are gone.
  @discardableResult
  private func adopt(_ candidates: [Int32]) -> Int64 {
    var gone: Int64 = 0
    var left: [(pid: Int32, parent: Int32)] = []
    for pid in candidates where indices[pid] == nil && pid != ownPID {
      // Its record is in already: what is left of it is a zombie.
      if lifeRecorder?.hasEnded(pid) ?? false || zombies[pid] != nil { continue }
      do throws(SystemError) {
        guard try leadsProcess(pid) else { continue }
        left.append((pid, try parent(of: pid)))
      } catch {
        if !isPostponed(pid, error) { gone += 1 }
      }
    }
    // A child may have a lower number than its parent when the numbers have wrapped: until nothing more is found.
    var found = true
    while found {
      found = false
      var rest: [(pid: Int32, parent: Int32)] = []
      for candidate in left {
        if indices[candidate.parent] != nil || (options.isReaper && candidate.parent == ownPID) {
          do throws(SystemError) {
            try add(candidate.pid)
            found = true
          } catch {
            if !isPostponed(candidate.pid, error) { gone += 1 }
          }
        } else {
          rest.append(candidate)
        }
      }
      left = rest
    }
    return gone
  }

  private func isPostponed(_ pid: Int32, _ error: SystemError) -> Bool {
    giveDescriptorsBack(after: error)
    guard error.isOutOfDescriptors, unread.count < Self.mostUnread else { return false }
    unread.append(pid)
    return true
  }

  /// `false`: it is a thread that does not lead its process.
  private func leadsProcess(_ pid: Int32) throws(SystemError) -> Bool {
    do throws(SystemError) { _ = try ProcessDescriptor.open(pid) } catch {
      if error.isOutOfDescriptors {
        if isShortOfDescriptors { throw error }
        giveDescriptorsBack(after: error)
        return try leadsProcess(pid)
      }
      if (try? FileStatus.of("\(options.roots.proc)/\(pid)")) == nil { throw error }
      return false
    }
    return true
  }

  private func parent(of pid: Int32) throws(SystemError) -> Int32 {
    var reader = try makeReader(pid)
    var sample = ProcessSample()
    switch unsafe reader.read(ProcessProbe.giving([.userTime]), into: &sample, buffer: buffer) {
    case .vanished: throw SystemError(code: 3, call: "read")
    case .denied(let error) where error.isOutOfDescriptors: throw error
    case .read, .denied: return reader.state.parent
    }
  }

  private func discover() {
    guard options.followsDescendants, full == nil else { return }
    let postponed = unread
    unread.removeAll(keepingCapacity: true)
    switch cursor.news() {
    case .none: if !postponed.isEmpty { unseenTasks += adopt(postponed) }
    case .range(let pids): unseenTasks += adopt(postponed + pids)
    case .unknown: addDescendants()
    }
  }

  // MARK: a tick

  /// Reads what is due and records it.
  package func tick() {
    let now = Clock.boottime()
    schedule.begin(at: now)
    let packets = journal.writer.packets
    takeExits(at: now)
    discover()
    placeLives(at: now)
    let isWhole = plan.hot.isDue(at: now)
    if isWhole { readHot(at: now) } else { readExited(at: now) }
    for index in plan.dear.indices where plan.dear[index].isDue(at: now) {
      // A sweep of memory goes with the resident sizes of the same moment.
      if isWhole || !plan.dear[index].isSweep { readDear(index, at: now) }
    }
    noticeFullFile(at: now)
    if full != nil { return }
    for process in processes { process.record(at: now, in: &journal) }
    readMachine(at: now)
    readCgroup(at: now)
    lookAround(at: now)
    if now >= recorderDue { recordRecorder(at: now) }
    if now >= anchorDue {
      if anchorDue != 0 { journal.anchorClocks() }
      anchorDue = now + 60_000_000_000
    }
    if journal.writer.packets != packets {
      if !isWhole { journal.partialTick(schedule.ticks, at: now) }
    } else if isWhole {
      journal.idleTick(schedule.ticks, at: now)
    }
    for part in parts { part.tick(self, now) }
    let multiplier = calibration.multiplier()
    if multiplier != 0 { file.control.cycleMultiplier = multiplier }
    let claimed = file.control.claimedBytes
    // Four ticks of what was used in this one, so that a program that writes many spans finds its space ready.
    file.allocateAhead(min(max(4 * (claimed - min(lastClaimed, claimed)), 128 << 10), 16 << 20))
    lastClaimed = claimed
  }

  /// Reads every process. Parents come before their children: when a parent's account holds a child that it has waited for, the child
  /// is found to be gone in the same tick.
  private func readHot(at now: UInt64) {
    let start = Clock.boottime()
    if isOrderLost {
      processes.sort { $0.number < $1.number }
      for (index, process) in processes.enumerated() { indices[process.pid] = index }
      isOrderLost = false
    }
    var ended: [TrackedProcess] = []
    for process in processes where !readHot(process, at: now) { ended.append(process) }
    // It ended after this tick took the exit records that were there.
    if ended.contains(where: { !$0.hasExited }) { takeExits(at: now) }
    for process in ended { end(process, at: now) }
    plan.hot.read(in: Clock.boottime() - start, at: now, tick: schedule.interval)
  }

  /// Of a tick that does not read every process: those whose exit records have come.
  private func readExited(at now: UInt64) {
    guard lifeRecorder != nil else { return }
    var ended: [TrackedProcess] = []
    for process in processes where process.hasExited && !readHot(process, at: now) { ended.append(process) }
    for process in ended { end(process, at: now) }
  }

  /// `false`: it has ended.
  private func readHot(_ process: TrackedProcess, at now: UInt64) -> Bool {
    let cpu = process.sample[.cpuTime]
    switch unsafe process.reader.read(plan.hot.probes, into: &process.sample, buffer: buffer) {
    case .vanished:
      // The clock goes by PID and is read first: it may have been another process's already.
      process.sample[.cpuTime] = cpu
      process.isVanished = true
      return false
    case .denied(let error):
      giveDescriptorsBack(after: error)
      noteRefusals(process, at: now)
    case .read: break
    }
    process.parent = process.state.parent
    if process.state.isZombie {
      readThreads(process)
      readLastName(process)
      return options.isReaper && process.parent == ownPID
    }
    let isDue = process.describeAgain.map { now >= $0 } ?? false
    if isDue { process.describeAgain = nil }
    let hasExecuted = process.hasExecuted()
    if process.hasNewName() || hasExecuted {
      // The kernel sets the name first and the arguments a moment later.
      process.describeAgain = now + 100_000_000
      describe(process, as: "exec", hasExecuted: hasExecuted, at: now)
    } else if isDue {
      describe(process, as: "exec", at: now)
    }
    return true
  }

  /// The last figures that only threads have.
  private func readThreads(_ process: TrackedProcess) {
    _ = unsafe process.reader.read(Self.ofThreads, into: &process.sample, buffer: buffer)
  }

  private static let ofThreads = ProcessProbe.giving([.runDelay])

  private func end(_ process: TrackedProcess, at now: UInt64) {
    guard let index = indices[process.pid] else { return }
    let status = process.exitStatus ?? (process.isVanished ? nil : process.state.exitStatus)
    if !process.isVanished, options.isReaper { zombies[process.pid] = (process.startTicks, process.track) }
    end(
      index, exit: status.map { ProgramExit(waitStatus: $0) }, reading: process.isVanished ? "vanished" : "zombie",
      at: now)
  }

  private func readDear(_ entry: Int, at now: UInt64) {
    let start = Clock.boottime()
    for process in processes where !plan.dear[entry].isSweep || !sharesMemory(process) {
      let outcome = unsafe process.reader.read(plan.dear[entry].probes, into: &process.sample, buffer: buffer)
      if case .denied(let error) = outcome {
        giveDescriptorsBack(after: error)
        noteRefusals(process, at: now)
      }
    }
    if plan.dear[entry].isSweep { readResidentSizes() }
    if plan.dear[entry].isSweep, isUndisturbed { journal.memorySweep(schedule.ticks, at: now) }
    plan.dear[entry].read(in: Clock.boottime() - start, at: now, tick: schedule.interval)
  }

  /// What a process has grown by while its pages were divided is no growth after that.
  private func readResidentSizes() {
    let probes = ProcessProbe.giving([.residentSize])
    for process in processes { _ = unsafe process.reader.read(probes, into: &process.sample, buffer: buffer) }
  }

  /// Is everybody there who was there when the tick looked, and nobody new? A process that was forked or ended in the midst of a sweep
  /// divides pages between others that were read already.
  private var isUndisturbed: Bool {
    if case .none = cursor.peek() {} else { return false }
    for process in processes {
      let outcome = unsafe process.reader.read(ProcessProbe.giving([.threads]), into: &process.sample, buffer: buffer)
      if case .vanished = outcome { return false }
      if process.state.isZombie { return false }
    }
    return true
  }

  /// Between vfork(2) and execve(2) a child runs in its parent's memory, which counts once.
  private func sharesMemory(_ process: TrackedProcess) -> Bool {
    guard isForked(process), Own.sharesMemory(process.pid, process.parent) else { return false }
    for index in ProcessProbe.all.indices where ProcessProbe.sharing.contains(index) {
      for metric in ProcessProbe.all[index].metrics { process.sample[metric] = nil }
    }
    return true
  }

  /// Was it forked without having executed a program since?
  func isForked(_ process: TrackedProcess) -> Bool {
    guard process.state.stackStart != 0, let parent = recorded(process.parent) else { return false }
    return parent.state.stackStart == process.state.stackStart
  }

  private func readMachine(at now: UInt64) {
    guard plan.machine.isDue(at: now) else { return }
    if !isMachineDescribed { describeMachine(at: now) }
    guard let machine else { return }
    let start = Clock.boottime()
    machine.read(plan.machine.probes, at: now, in: &journal)
    noteMachineRefusals(machine, at: now)
    if let error = machine.shortage { giveDescriptorsBack(after: error) }
    let middle = Clock.boottime()
    plan.machine.read(in: middle - start, at: now, tick: schedule.interval)
    if plan.machineSeldom.isDue(at: now) {
      machine.read(plan.machineSeldom.probes, at: now, in: &journal)
      plan.machineSeldom.read(in: Clock.boottime() - middle, at: now, tick: schedule.interval)
    }
  }

  // MARK: ends

  /// A zombie that is our own child: its last figures, then wait4(2). Returns how it ended.
  package func childEnded(_ child: ChildProcess.Ended) -> WaitedUsage? {
    let now = Clock.boottime()
    if let zombie = zombies.removeValue(forKey: child.pid) {
      if isZombie(child.pid, startedAt: zombie.startTicks) {
        let usage = try? ChildProcess.reap(child.pid)
        noteUnlessFull(
          "process reaped", at: now, on: zombie.track, [Annotation("pid", Int64(child.pid))] + Annotation.usage(usage))
        return usage
      }
    }
    if indices[child.pid] == nil { try? add(child.pid) }
    if let index = indices[child.pid] {
      let process = processes[index]
      // The kernel writes a record before there is a zombie.
      takeExits(at: now)
      _ = unsafe process.reader.read(plan.hot.probes, into: &process.sample, buffer: buffer)
      readThreads(process)
      readLastName(process)
      process.parent = process.state.parent
      if full == nil { lookAtEnd(of: process, at: now) }
      let usage = try? ChildProcess.reap(child.pid)
      end(index, exit: child.exit, reading: "waited", usage: usage, at: now)
      return usage
    }
    let usage = try? ChildProcess.reap(child.pid)
    if full != nil { addToFull(usage) }
    return usage
  }

  private func noteUnlessFull(_ name: StaticString, at now: UInt64, on track: UInt64, _ values: [Annotation]) {
    if full == nil {
      journal.note(name, at: now, on: track, values)
    } else {
      full?.notes.append((name, track, values, now))
    }
  }

  private func isZombie(_ pid: Int32, startedAt startTicks: UInt64) -> Bool {
    guard var reader = try? ProcessReader(pid: pid, root: options.roots.proc, keepsOpen: false) else { return false }
    return reader.hasEnded() && reader.state.startTicks == startTicks
  }

  private func end(
    _ index: Int, exit: ProgramExit?, reading: String, usage: WaitedUsage? = nil, at now: UInt64
  ) {
    let process = processes[index]
    if full == nil {
      process.record(at: now, in: &journal)
      if process.pid == cgroupOwner { readCgroupAtEnd(at: now) }
      if usage == nil { lookAtEnd(of: process, at: now) }
      if mayBeOutOfMemory(exit, at: now) { noteOutOfMemoryKills(at: now) }
    }
    var values = [
      Annotation("pid", Int64(process.pid)), Annotation("parent_pid", Int64(process.parent)),
      Annotation("final", text: reading),
    ]
    values += Annotation.exit(exit)
    values += Annotation.usage(usage)
    let exitName = String(decoding: process.exitName, as: UTF8.self)
    let name = exitName.isEmpty || exitName.isSame(as: process.description?.command ?? "") ? nil : exitName
    if let name { values.append(Annotation("name", text: name)) }
    if process.hasExited, process.exited.has(.minorFaults) {
      values.append(Annotation("usage", integers: process.exited.exitRecord))
    }
    if usage == nil, ignoresChildren(process.parent) { values.append(Annotation("unwaited", flag: true)) }
    if process.state.ignoresChildren { values.append(Annotation("ignores_children", flag: true)) }
    if full == nil {
      let lost = journal.writer.lostPackets
      if let name {
        let user = process.description?.user
        journal.process(
          process.pid, parent: process.parent, name: name, arguments: [], user: user, track: process.track, at: now)
      }
      journal.note("process ended", at: now, on: process.track, values)
      process.end(at: now, in: &journal)
      if journal.writer.lostPackets > lost { noticeFullFile(at: now) }
    }
    full?.ended.append((process, values, now))
    indices[process.pid] = nil
    lifeRecorder?.note(ended: process.pid, at: now)
    // The last takes the place; the order is made good before it matters.
    isOrderLost = true
    let last = processes.removeLast()
    if index < processes.count {
      processes[index] = last
      indices[last.pid] = index
    }
  }

  /// Of a process that has ended and is not reaped: what it is called, where it has executed a program since it was described.
  private func readLastName(_ process: TrackedProcess) {
    guard process.exitName.isEmpty, process.hasNewName() else { return }
    process.exitName = process.reader.description().command.map { Array($0.utf8) } ?? []
  }

  /// The last readings, what the recorder cost, and why the recording ends. Closes the file. `afterwards`: writes what explains the
  /// recording and has no part in its time.
  package func finish(reason: String, exit: ProgramExit?, afterwards: () -> Void = {}) {
    let now = Clock.boottime()
    takeExits(at: now)
    readHot(at: now)
    for process in processes { readThreads(process) }
    placeLives(at: now)
    noticeFullFile(at: now)
    writeFullFile(at: now)
    if full == nil { for process in processes { process.record(at: now, in: &journal) } }
    if !isMachineDescribed { describeMachine(at: now) }
    if full == nil {
      machine?.read(plan.machine.probes, at: now, in: &journal)
      machine?.read(plan.machineSeldom.probes, at: now, in: &journal)
      readCgroupAtEnd(at: now)
      readOtherGroupsAtEnd(at: now)
    }
    if machine?.hasKilled ?? false { noteOutOfMemoryKills(at: now) }
    recordRecorder(at: now)
    noteLives(at: now)
    for part in parts { part.finish(self, now) }
    for entry in plan.entries {
      journal.note(
        "probe", at: now, on: journal.runTrack,
        [
          Annotation("probe", text: "\(entry.name)"), Annotation("reads", Int64(entry.reads)),
          Annotation("nanoseconds", Int64(entry.nanoseconds)),
        ])
    }
    journal.note(
      "recording ended", at: Clock.boottime(), on: journal.runTrack,
      [Annotation("reason", text: reason), Annotation("still_running", Int64(processes.count))] + Annotation.exit(exit))
    afterwards()
    file.close()
  }

  private func recordRecorder(at now: UInt64) {
    var sample = Sample<RecorderMetric>()
    let usage = WaitedUsage.own()
    sample[.cpuTime] =
      options.isInProcess ? Int64(Clock.threadCPU()) : usage.userNanoseconds + usage.systemNanoseconds
    if recorderReader == nil, !options.isInProcess {
      recorderReader = try? ProcessReader(pid: ownPID, root: options.roots.proc)
    }
    if recorderReader != nil {
      var own = ProcessSample()
      _ = unsafe recorderReader!.read(ProcessProbe.giving([.residentSize]), into: &own, buffer: buffer)
      sample[.residentSize] = own[.residentSize]
    }
    sample[.ticks] = Int64(schedule.ticks)
    sample[.lateTicks] = Int64(schedule.late)
    sample[.skippedTicks] = Int64(schedule.skipped)
    sample[.unseenTasks] = unseenTasks
    sample[.sampleCost] = Int64(plan.hot.cost)
    sample[.refusedChunks] = Int64(file.control.refusedChunks)
    journal.counters(&recorderGroup, sample.all, at: now)
    recorderDue = now + 1_000_000_000
  }
}
