internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// What holds one process beside what holds the first one: limits of its own, another control group.
struct ProcessSurroundings {
  /// What /proc/PID/limits said last; `nil`: what it said of the first process at first.
  var limits: [UInt8]?
  /// What /proc/PID/cgroup said last; `nil`: the first process's group.
  var group: [UInt8]?
  var firstLook: UInt64?
  var due: UInt64 = 0
}

/// A control group that a recorded process stands in and the first one does not.
struct OtherGroup {
  /// What /proc/PID/cgroup says of those inside.
  let text: [UInt8]
  /// `nil`: nothing limits it.
  let recorder: CgroupRecorder?
}

extension Sampler {
  /// Bounds descriptors and time: a farm of containers has a group for each.
  private static let mostOtherGroups = 16

  /// Looks at one process a tick, and at each once a second at most, more often at first: who limits itself or moves does so soon after
  /// it has started. Two small files.
  func lookAround(at now: UInt64) {
    if !processes.isEmpty {
      nextLook = (nextLook + 1) % processes.count
      let process = processes[nextLook]
      if now >= process.surroundings.due { look(at: process, at: now) }
    }
    if now >= otherGroupsDue, !otherGroups.isEmpty {
      otherGroupsDue = now + 1_000_000_000
      for group in otherGroups {
        _ = group.recorder?.renewLimits()
        read(group, at: now)
      }
    }
  }

  func look(at process: TrackedProcess, at now: UInt64) {
    let age = now &- (process.surroundings.firstLook ?? now)
    if process.surroundings.firstLook == nil { process.surroundings.firstLook = now }
    process.surroundings.due = now + min(max(age, 10_000_000), 1_000_000_000)
    lookAtLimits(of: process, at: now)
    lookAtGroup(of: process, at: now)
  }

  /// The last look, while it is a zombie: the kernel still tells its limits.
  func lookAtEnd(of process: TrackedProcess, at now: UInt64) {
    if !process.isVanished { lookAtLimits(of: process, at: now) }
    guard let text = process.surroundings.group, let group = otherGroups.first(where: { $0.text == text }) else {
      return
    }
    read(group, at: now)
  }

  func readOtherGroupsAtEnd(at now: UInt64) {
    for group in otherGroups { read(group, at: now) }
  }

  // MARK: limits

  private func lookAtLimits(of process: TrackedProcess, at now: UInt64) {
    guard let text = try? FileSystem.contents(of: "\(options.roots.proc)/\(process.pid)/limits"), !text.isEmpty else {
      return
    }
    if firstLimits.isEmpty {
      firstLimits = text
      return noteLimits("limits", ProcessLimits(text), of: process, on: journal.runTrack, at: now)
    }
    if text == process.surroundings.limits ?? firstLimits { return }
    process.surroundings.limits = text
    noteLimits("process limits", ProcessLimits(text), of: process, on: process.track, at: now)
  }

  private func noteLimits(
    _ name: StaticString, _ limits: ProcessLimits, of process: TrackedProcess, on track: UInt64, at now: UInt64
  ) {
    journal.note(
      name, at: now, on: track,
      [
        Annotation("pid", Int64(process.pid)), Annotation("address_space_bytes", limits.addressSpaceBytes),
        Annotation("data_bytes", limits.dataBytes), Annotation("stack_bytes", limits.stackBytes),
        Annotation("locked_bytes", limits.lockedBytes), Annotation("file_size_bytes", limits.fileSizeBytes),
        Annotation("core_file_bytes", limits.coreFileBytes), Annotation("cpu_seconds", limits.cpuSeconds),
        Annotation("tasks", limits.tasks), Annotation("descriptors", limits.descriptors),
      ])
  }

  // MARK: control groups

  private func lookAtGroup(of process: TrackedProcess, at now: UInt64) {
    guard process.pid != cgroupOwner, !cgroupText.isEmpty,
      let text = CgroupPlace.text(
        of: process.pid, known: process.surroundings.group ?? cgroupText, proc: options.roots.proc)
    else { return }
    if text == cgroupText {
      process.surroundings.group = nil
      return
    }
    if text == process.surroundings.group { return }
    process.surroundings.group = text
    if otherGroups.contains(where: { $0.text == text }) || otherGroups.count >= Self.mostOtherGroups { return }
    let place = CgroupPlace(text: text, roots: options.roots)
    let limits = CgroupLimits(place)
    // What limits it may be another controller's group than the one that names the place.
    let name = limits.processor?.group ?? limits.memory?.group ?? limits.tasks?.group ?? place.name
    let isRead = !limits.isEmpty && !isLimitOfFirst(limits)
    let group = OtherGroup(
      text: text,
      recorder: isRead ? CgroupRecorder(place, limits, named: "other cgroup \(name)", journal: &journal) : nil)
    otherGroups.append(group)
    journal.note(
      "other cgroup", at: now, on: journal.runTrack,
      [Annotation("pid", Int64(process.pid)), Annotation("group", text: name)]
        + (isRead ? CgroupRecorder.annotations(limits) : []))
    read(group, at: now)
  }

  /// Is it held by the same groups as the first process, which stand above both?
  private func isLimitOfFirst(_ limits: CgroupLimits) -> Bool {
    guard let first = cgroup?.limits else { return false }
    return isSame(limits.processor?.group, first.processor?.group) && isSame(limits.memory?.group, first.memory?.group)
      && isSame(limits.tasks?.group, first.tasks?.group)
  }

  private func read(_ group: OtherGroup, at now: UInt64) {
    guard let recorder = group.recorder else { return }
    for tier in Tier.allCases { recorder.read(tier) }
    recorder.record(at: now, in: &journal)
  }

  /// By bytes, because comparing characters needs Unicode tables.
  private func isSame(_ left: String?, _ right: String?) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    return left.isSame(as: right)
  }
}
