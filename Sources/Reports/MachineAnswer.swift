internal import StripAnalysis
internal import StripModel

/// What a recording of the whole machine opens with: what limited it, and who used most, from what was measured alone.
struct MachineAnswer {
  private let summary: RecordingSummary
  private var activity: MachineActivity { summary.machineActivity }
  private var wall: Double { summary.run.wallSeconds }

  /// CPUs that are busy for that part of their time have nothing left to give.
  private static let busyShare = 0.9
  /// Tasks that wait for a resource for that part of the time are slowed by it.
  private static let cpuPressure = 0.2
  private static let ioPressure = 0.2
  private static let memoryPressure = 0.1
  private static let stealShare = 0.1
  /// A process that uses less is nobody's answer.
  private static let leastShareOfCPU = 0.01
  private static let leastBytes: Int64 = 1 << 20

  init(_ summary: RecordingSummary) { self.summary = summary }

  /// Empty where no survey was made: then who used what is not known.
  var sentences: [FindingSentence] { limits + users }

  // MARK: what limited it

  private var limits: [FindingSentence] {
    guard wall > 0 else { return [] }
    let found = [memory, steal, cpus, storage].compactMap { $0 }
    if !found.isEmpty { return found }
    guard let busy = summary.machine.busyShare, activity.cpuSomePressureSeconds != nil,
      activity.memorySomePressureSeconds != nil, activity.ioSomePressureSeconds != nil
    else { return [] }
    return ["neither CPUs (\(share: busy) busy) nor memory nor disks limited the machine"]
  }

  private func pressure(_ seconds: Double?, _ least: Double) -> Double? {
    guard let seconds, seconds >= least * wall else { return nil }
    return min(seconds / wall, 1)
  }

  private var memory: FindingSentence? {
    guard let share = pressure(activity.memorySomePressureSeconds, Self.memoryPressure) else { return nil }
    return "memory limited the machine: tasks waited for it \(share: share) of the time"
  }

  private var steal: FindingSentence? {
    guard let steal = activity.stealSeconds, let all = activity.allSeconds, all > 0, steal >= Self.stealShare * all
    else { return nil }
    return "the hypervisor limited the machine: it gave \(share: steal / all) of the CPUs' time to others"
  }

  private var cpus: FindingSentence? {
    guard let busy = summary.machine.busyShare, busy >= Self.busyShare else { return nil }
    let state: FindingSentence = "they were \(share: busy) busy"
    guard let waited = activity.cpuSomePressureSeconds else { return "the CPUs limited the machine: " + state }
    guard let share = pressure(waited, Self.cpuPressure) else {
      return "the CPUs were \(share: busy) busy, and tasks waited for them \(share: waited / wall) of the time only"
    }
    return "the CPUs limited the machine: " + state + ", and tasks waited for them \(share: share) of the time"
  }

  private var storage: FindingSentence? {
    guard let share = pressure(activity.ioSomePressureSeconds, Self.ioPressure) else { return nil }
    let sentence: FindingSentence = "disks limited the machine: tasks waited for them \(share: share) of the time"
    guard let disk = activity.disks.max(by: { $0.busySeconds ?? 0 < $1.busySeconds ?? 0 }), let busy = disk.busySeconds,
      busy > 0
    else { return sentence }
    return sentence + ", \(name: disk.name) was busy \(share: min(busy / wall, 1)) of it"
  }

  // MARK: who used most

  private var users: [FindingSentence] {
    guard let survey = summary.survey else { return [] }
    return [cpuUser(survey), memoryUser, storageUser(survey)].compactMap { $0 }
  }

  /// Processes of one program together: a server's workers are one answer.
  private struct Group {
    let program: String
    var processes: [ProcessUsage] = []
    var amount = 0.0

    var hasEnded: Bool { processes.contains { $0.endSeconds != nil } }

    var subject: FindingSentence {
      processes.count == 1
        ? "\(name: program) (PID \(name: "\(processes[0].pid)"))"
        : "\(name: program) (\(count: processes.count) processes)"
    }
  }

  private func greatest(_ amount: (ProcessUsage) -> Double?) -> Group? {
    var groups: [String: Group] = [:]
    for process in summary.processes {
      guard let value = amount(process), value > 0 else { continue }
      let program = process.program
      let key = program ?? "\(process.pid)"
      groups[key, default: Group(program: program ?? process.name)].processes.append(process)
      groups[key]?.amount += value
    }
    return groups.max { ($0.value.amount, $1.key) < ($1.value.amount, $0.key) }?.value
  }

  private func cpuUser(_ survey: SurveyUse) -> FindingSentence? {
    guard wall > 0 else { return nil }
    let all = activity.taskSeconds
    let ofAll: FindingSentence = all.map { "of the \(seconds: $0) of CPU time that tasks used" } ?? "of CPU time"
    let most = greatest(\.cpuSeconds).flatMap { $0.amount >= Self.leastShareOfCPU * wall ? $0 : nil }
    if let rowless = survey.rowlessCPUSeconds, rowless >= max(most?.amount ?? 0, Self.leastShareOfCPU * wall) {
      let parent = summary.processes.filter { $0.waitedChildrenUnseenCPUSeconds ?? 0 > 0 }.max {
        $0.waitedChildrenUnseenCPUSeconds ?? 0 < $1.waitedChildrenUnseenCPUSeconds ?? 0
      }
      let sentence: FindingSentence =
        "\(seconds: rowless) \(ofAll) went to processes that ended before they were read, or that cannot be seen from here"
      guard let parent, let waited = parent.waitedChildrenUnseenCPUSeconds else { return sentence }
      return sentence
        + "; children of \(name: parent.name) (PID \(name: "\(parent.pid)")) used at least \(seconds: waited)"
    }
    guard let most else { return nil }
    let least: FindingSentence = most.hasEnded ? "at least " : ""
    // Clocks and ticks are read one after the other.
    if let all, most.amount > all { return "\(most.subject) used most CPU time: \(least)\(seconds: most.amount)" }
    return "\(most.subject) used most CPU time: \(least)\(seconds: most.amount) \(ofAll)"
  }

  private var memoryUser: FindingSentence? {
    // Workers share pages, so sums of several would count them twice.
    let most = summary.processes.max { $0.peakResidentBytes ?? 0 < $1.peakResidentBytes ?? 0 }
    guard let most, let peak = most.peakResidentBytes, peak >= Self.leastBytes else { return nil }
    return "\(name: most.program ?? most.name) (PID \(name: "\(most.pid)")) held most memory: \(bytes: peak)"
  }

  private func storageUser(_ survey: SurveyUse) -> FindingSentence? {
    let most = greatest { process in
      guard let read = process.last[.readBytes], let written = process.last[.writeBytes] else { return nil }
      return Double(read &+ written)
    }
    guard let most, most.amount >= Double(Self.leastBytes) else { return nil }
    let read = most.processes.reduce(0 as Int64) { $0 &+ ($1.last[.readBytes] ?? 0) }
    let written = most.processes.reduce(0 as Int64) { $0 &+ ($1.last[.writeBytes] ?? 0) }
    let least: FindingSentence = most.hasEnded ? "at least " : ""
    let known: FindingSentence = survey.processesHidingIO > 0 ? ", as far as it may be read" : ""
    let children: FindingSentence =
      most.processes.contains(where: \.holdsUnseenChildren) ? " with children that it waited for" : ""
    return "\(most.subject)\(children) used disks most\(known): \(least)\(bytes: read) read, \(bytes: written) written"
  }
}

extension ProcessUsage {
  private static let interpreters = [
    "python", "ruby", "node", "perl", "java", "php", "lua", "bash", "sh", "dash", "zsh",
  ]

  /// Its name, of an interpreter with the script that it runs. `nil`: an interpreter of a text that has no name.
  fileprivate var program: String? {
    let isInterpreter = Self.interpreters.contains { interpreter in
      name.hasPrefix(interpreter) && name.dropFirst(interpreter.count).allSatisfy { $0.isNumber || $0 == "." }
    }
    guard isInterpreter else { return name }
    let words = command.dropFirst()
    guard let first = words.first else { return nil }
    if first == "-m", words.count > 1 { return "\(name) -m \(words[words.startIndex + 1])" }
    return first.hasPrefix("-") ? nil : "\(name) \(ShellCommand.lastComponent(first))"
  }
}
