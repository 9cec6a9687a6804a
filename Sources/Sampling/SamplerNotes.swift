internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// What the sampler writes into the journal: who the processes and the machine are, and what they hide.
extension Sampler {
  func describe(_ process: TrackedProcess, as note: StaticString, hasExecuted: Bool = false, at now: UInt64) {
    // A new program may have come with limits of its own. Its track is known by then.
    defer { if full == nil { look(at: process, at: now) } }
    let description = process.reader.description()
    if description == process.description, !hasExecuted { return }
    // A process stays in its PID namespace.
    let isFirst = process.description == nil
    process.description = description
    // A new program may have been put into another group.
    if process.pid == cgroupOwner { cgroupDue = now }
    let name = description.command ?? "?"
    // A zombie and a kernel thread have no command line; their name says as much.
    let arguments = (description.arguments ?? []).filter { !$0.isSame(as: "[\(name)]") }
    journal.process(
      process.pid, parent: process.state.parent, name: name, arguments: arguments, user: description.user,
      track: process.track, at: now)
    let start = Int64(process.startTicks) &* Machine.nanosecondsPerTick
    let namespaced =
      isFirst
      ? NamespacedProcess.other(process.pid, outside: ownNamespace, proc: options.roots.proc, startNanoseconds: start)
      : nil
    journal.note(
      note, at: now, on: process.track,
      [
        Annotation("pid", Int64(process.pid)), Annotation("parent_pid", Int64(process.state.parent)),
        Annotation("start_ns", start), Annotation("name", text: name), Annotation("command", texts: arguments),
        Annotation("executable", text: description.executable),
        Annotation("working_directory", text: description.workingDirectory),
        Annotation("user_id", description.user.map { Int64($0) }),
        Annotation("user", text: description.user.flatMap { Machine.userName($0) }),
        Annotation("other_cgroup", text: otherCgroup(of: process.pid)),
      ] + (isForked(process) ? [Annotation("forked", flag: true)] : [])
        + (hasExecuted ? [Annotation("executed", flag: true)] : [])
        + (namespaced?.annotations ?? []))
  }

  func describeMachine(at now: UInt64) {
    isMachineDescribed = true
    let machine = MachineDescription(roots: options.roots)
    journal.system(Machine.names(), ticksPerSecond: Machine.ticksPerSecond)
    journal.note(
      "machine", at: now, on: journal.runTrack,
      [
        Annotation("host", text: machine.host), Annotation("kernel", text: machine.kernel),
        Annotation("architecture", text: machine.architecture), Annotation("cpu_model", text: machine.cpuModel),
        Annotation("physical_cpus", Int64(machine.physicalCPUs)),
        Annotation("logical_cpus", Int64(machine.logicalCPUs)),
        Annotation("memory_bytes", machine.memoryBytes), Annotation("swap_bytes", machine.swapBytes),
        Annotation("boot_time_seconds", machine.bootSeconds), Annotation("page_bytes", machine.pageBytes),
        Annotation("container", text: machine.container?.text), Annotation("cgroup", text: machine.cgroup),
      ])
    do throws(SystemError) {
      let machine = try MachineRecorder(roots: options.roots, journal: &journal)
      if isShortOfDescriptors { machine.park() }
      self.machine = machine
    } catch {
      journal.note(
        "missing", at: now, on: journal.runTrack,
        [
          Annotation("probe", text: "machine"), Annotation("reason", text: error.text),
          Annotation("needs", text: "\(options.roots.proc) mounted and readable"),
        ])
    }
  }

  /// EMFILE or ENFILE.
  func noteShortage(_ error: SystemError) {
    let isMachines = error.code == 23
    let limit = isMachines ? "the machine's limit of open files" : "the limit of \(Own.descriptorLimit.most) open files"
    journal.note(
      "missing", at: Clock.boottime(), on: journal.runTrack,
      [
        Annotation("probe", text: "open files"),
        Annotation("reason", text: "\(limit) is reached: processes are read less often"),
        Annotation("errno", Int64(error.code)),
        Annotation("needs", text: isMachines ? "a greater fs.file-max" : "a higher hard limit (ulimit -Hn)"),
      ])
  }

  func noteRefusals(_ process: TrackedProcess, at now: UInt64) {
    // An exec may have changed the rights: then all probes were tried again.
    if process.reader.refusals.count < process.knownRefusals { process.knownRefusals = 0 }
    for refusal in process.reader.refusals.dropFirst(process.knownRefusals) {
      journal.note(
        "missing", at: now, on: process.track,
        [
          Annotation("pid", Int64(process.pid)), Annotation("probe", text: "\(ProcessProbe.all[refusal.probe].name)"),
          Annotation("reason", text: refusal.error.text), Annotation("errno", Int64(refusal.error.code)),
          Annotation("needs", text: refusal.error.isDenied ? "to run as that user, or CAP_SYS_PTRACE" : nil),
        ])
    }
    process.knownRefusals = process.reader.refusals.count
  }

  func noteMachineRefusals(_ machine: MachineRecorder, at now: UInt64) {
    guard machine.refusals.count > knownMachineRefusals else { return }
    for refusal in machine.refusals.dropFirst(knownMachineRefusals) {
      journal.note(
        "missing", at: now, on: journal.runTrack,
        [
          Annotation("probe", text: "\(MachineProbe.all[refusal.probe].name)"),
          Annotation("reason", text: refusal.error.text), Annotation("errno", Int64(refusal.error.code)),
          Annotation("needs", text: refusal.error.isVanished ? "a kernel that offers it" : nil),
        ])
    }
    knownMachineRefusals = machine.refusals.count
  }
}

extension Annotation {
  static func usage(_ usage: WaitedUsage?) -> [Annotation] {
    guard let usage else { return [] }
    let sample = usage.sample
    return ProcessMetric.waited.map { Annotation($0.name, sample[$0.metric]) }
  }

  static func exit(_ exit: ProgramExit?) -> [Annotation] {
    switch exit {
    case .code(let code): [Annotation("exit_code", Int64(code))]
    case .signal(let signal, let coreDumped):
      [Annotation("signal", Int64(signal)), Annotation("core_dumped", flag: coreDumped)]
    case nil: []
    }
  }
}
