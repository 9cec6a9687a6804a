internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// Reads the control groups that limit the recorded program, and records what changed: their use and their limits as curves beside
/// each other.
final class CgroupRecorder {
  private var reader: CgroupReader
  private var groups: [CounterGroup]

  /// What shares a packet; what changes most comes first.
  private static let groupMetrics: [[CgroupMetric]] = [
    [
      .memoryUse, .anonymousSize, .fileSize, .sharedSize, .kernelSize, .swapSize, .memoryLimit, .memoryHigh, .swapLimit,
    ],
    [.periods, .cpuTime, .throttledPeriods, .throttledTime, .tasks, .refusedTasks, .cpuQuota, .taskLimit],
    [.readBytes, .writeBytes, .limitEvents, .highEvents, .outOfMemoryEvents, .outOfMemoryKills],
    [.cpuSomePressure, .memorySomePressure, .memoryFullPressure, .ioSomePressure, .ioFullPressure],
  ]

  /// `limits`: those of `place`, of which there is at least one.
  init(_ place: CgroupPlace, _ limits: CgroupLimits, named name: String, journal: inout Journal) {
    reader = CgroupReader(place, limits)
    let file = journal.writer.file
    let parent = file.control.nextTrack()
    journal.track(parent, name: name)
    groups = Self.groupMetrics.map {
      CounterGroup($0, parent: parent, sequence: file.control.nextCounterSequence())
    }
  }

  var place: CgroupPlace { reader.place }
  var limits: CgroupLimits { reader.limits }
  var refusals: [Refusal] { reader.refusals }
  var outOfMemoryKills: Int64? { reader.sample[.outOfMemoryKills] }

  func read(_ tier: Tier) { reader.read(tier) }

  /// `true`: another limit holds now.
  func renewLimits() -> Bool { reader.renewLimits() }

  func record(at time: UInt64, in journal: inout Journal) {
    for index in groups.indices { journal.counters(&groups[index], reader.sample.all, at: time) }
  }

  /// Of each limit its value, and the group and the file that set it.
  static func annotations(_ limits: CgroupLimits) -> [Annotation] {
    var values: [Annotation] = []
    for (name, unit, limit) in [
      ("memory_limit", "_bytes", limits.memory), ("memory_high", "_bytes", limits.memoryHigh),
      ("swap_limit", "_bytes", limits.swap), ("cpu_quota", "_ns", limits.processor), ("task_limit", "", limits.tasks),
    ] {
      guard let limit else { continue }
      values += [
        Annotation(name + unit, limit.value), Annotation(name + "_group", text: limit.group),
        Annotation(name + "_file", text: "\(limit.file)"),
      ]
    }
    values.append(Annotation("cpu_period_ns", limits.periodNanoseconds))
    return values
  }
}

extension Sampler {
  /// How often it is asked whether the program has moved to another group, or a limit was changed: once a second, more often at first,
  /// since what starts a program in a group of its own moves there at once.
  private func cgroupLookInterval(at now: UInt64) -> UInt64 { min(max(now &- startTime, 10_000_000), 1_000_000_000) }

  /// Reads what is due of the program's control groups. With nothing limited that is one look a second at where it stands.
  func readCgroup(at now: UInt64) {
    if now >= cgroupDue { findCgroup(at: now) }
    guard let cgroup else { return }
    var start = now
    var isRead = false
    if plan.cgroup.isDue(at: now) {
      start = Clock.boottime()
      cgroup.read(.every)
      plan.cgroup.read(in: Clock.boottime() - start, at: now, tick: schedule.interval)
      isRead = true
    }
    if plan.cgroupOften.isDue(at: now) {
      start = Clock.boottime()
      cgroup.read(.often)
      plan.cgroupOften.read(in: Clock.boottime() - start, at: now, tick: schedule.interval)
      isRead = true
    }
    if plan.cgroupSeldom.isDue(at: now) {
      start = Clock.boottime()
      cgroup.read(.seldom)
      plan.cgroupSeldom.read(in: Clock.boottime() - start, at: now, tick: schedule.interval)
      noteCgroupRefusals(cgroup, at: now)
      isRead = true
    }
    if isRead { cgroup.record(at: now, in: &journal) }
  }

  /// All of it, whatever is due: before the program's end is noted, when its group may be gone a moment later.
  func readCgroupAtEnd(at now: UInt64) {
    guard let cgroup else { return }
    for tier in Tier.allCases { cgroup.read(tier) }
    cgroup.record(at: now, in: &journal)
  }

  /// Where the first recorded process stands, and what limits it there.
  private func findCgroup(at now: UInt64) {
    guard let owner = cgroupOwner else { return }
    cgroupDue = now + cgroupLookInterval(at: now)
    guard let text = CgroupPlace.text(of: owner, known: cgroupText, proc: options.roots.proc) else { return }
    if text == cgroupText {
      if let cgroup, cgroup.renewLimits() { noteCgroup(cgroup.place, cgroup.limits, owner, at: now) }
      return
    }
    cgroupText = text
    let place = CgroupPlace(text: text, roots: options.roots)
    let limits = CgroupLimits(place)
    // What the former group's files say is no longer about this program.
    cgroup = limits.isEmpty ? nil : CgroupRecorder(place, limits, named: "cgroup \(place.name)", journal: &journal)
    knownCgroupRefusals = 0
    plan.cgroupMoved()
    noteCgroup(place, limits, owner, at: now)
  }

  /// The control group of a process that does not stand where the first one does: what is read of that one's is not about it.
  func otherCgroup(of pid: Int32) -> String? {
    guard pid != cgroupOwner, !cgroupText.isEmpty,
      let text = CgroupPlace.text(of: pid, known: cgroupText, proc: options.roots.proc), text != cgroupText
    else { return nil }
    return CgroupPlace.name(in: text)
  }

  private func noteCgroup(_ place: CgroupPlace, _ limits: CgroupLimits, _ owner: Int32, at now: UInt64) {
    var values = [
      Annotation("pid", Int64(owner)), Annotation("group", text: place.name),
      Annotation("version", text: place.versions),
    ]
    values += CgroupRecorder.annotations(limits)
    journal.note("cgroup", at: now, on: journal.runTrack, values)
  }

  /// What a group does not offer is no trouble; what may not be read is.
  private func noteCgroupRefusals(_ cgroup: CgroupRecorder, at now: UInt64) {
    for refusal in cgroup.refusals.dropFirst(knownCgroupRefusals) where refusal.error.isDenied {
      journal.note(
        "missing", at: now, on: journal.runTrack,
        [
          Annotation("probe", text: "\(CgroupProbe.all[refusal.probe].name)"),
          Annotation("reason", text: refusal.error.text), Annotation("errno", Int64(refusal.error.code)),
          Annotation("needs", text: "the right to read \(cgroup.place.name)"),
        ])
    }
    knownCgroupRefusals = cgroup.refusals.count
  }

  /// Was that SIGKILL, or an end that somebody else waited for while the group's count of kills went up?
  func mayBeOutOfMemory(_ exit: ProgramExit?, at now: UInt64) -> Bool {
    switch exit {
    case .signal(9, _): return true
    case .signal, .code: return false
    case nil:
      guard let cgroup else { return false }
      let before = cgroup.outOfMemoryKills ?? 0
      cgroup.read(.often)
      cgroup.record(at: now, in: &journal)
      return cgroup.outOfMemoryKills ?? 0 > before
    }
  }

  /// What the kernel's log says of processes that it killed for want of memory, when one of ours ended by SIGKILL. Says it at once: the
  /// recorder may be the next.
  func noteOutOfMemoryKills(at now: UInt64) {
    let offset = Int64(bitPattern: Clock.monotonic() &- Clock.boottime())
    // The log's clock and ours part by some milliseconds an hour.
    let since = max(Int64(bitPattern: startTime) &+ offset &- 2_000_000_000, knownKillTime &+ 1)
    let kills: [OutOfMemoryKill]
    do throws(SystemError) {
      kills = try KernelLog.kills(since: since, path: options.roots.files + "/dev/kmsg")
    } catch {
      let isSuspected = cgroup?.outOfMemoryKills ?? 0 > 0
      if error.isDenied, isSuspected, !isKernelLogDenied {
        isKernelLogDenied = true
        journal.note(
          "missing", at: now, on: journal.runTrack,
          [
            Annotation("probe", text: "kernel_log"), Annotation("reason", text: error.text),
            Annotation("errno", Int64(error.code)),
            Annotation("needs", text: "CAP_SYSLOG, or sysctl kernel.dmesg_restrict=0"),
          ])
      }
      return
    }
    // In another namespace the same number is another process.
    let isFirst = ownNamespace == nil || ownNamespace == PIDNamespace.first
    for kill in kills {
      knownKillTime = max(knownKillTime, kill.nanoseconds)
      journal.note(
        "out of memory", at: now, on: journal.runTrack,
        [
          Annotation("pid", isFirst ? Int64(kill.pid) : nil), Annotation("first_namespace_pid", Int64(kill.pid)),
          Annotation("name", text: kill.name),
          Annotation("limit_group", text: kill.limitGroup), Annotation("group", text: kill.group),
          Annotation("virtual_bytes", kill.virtualBytes), Annotation("anonymous_bytes", kill.anonymousBytes),
          Annotation("file_bytes", kill.fileBytes), Annotation("shared_bytes", kill.sharedBytes),
          Annotation("log_ns", kill.nanoseconds),
        ])
    }
  }
}
