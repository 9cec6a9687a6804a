internal import StripAnalysis
internal import StripModel

/// What the machine as a whole did, a line for each resource.
struct MachineSection {
  private let summary: RecordingSummary
  private var activity: MachineActivity { summary.machineActivity }
  private var wall: Double { summary.run.wallSeconds }
  /// More disks or interfaces than that are those that did least.
  private static let mostDevices = 4

  init(_ summary: RecordingSummary) { self.summary = summary }

  /// Empty where the kernel's figures of the machine could not be read.
  var entries: [(name: String, entry: String)] {
    guard wall > 0 else { return [] }
    let all: [(String, String?)] = [
      ("CPU", cpu), ("tasks", tasks), ("memory", memory), ("pressure", pressure), ("disks", disks),
      ("network", networks),
    ]
    return all.compactMap { name, entry in entry.map { (name, $0) } }
  }

  func lines(_ width: Int, _ style: TerminalStyle) -> [String] {
    entries.flatMap { name, entry in
      ShownText.wrapped(entry, to: width - 10).enumerated().map {
        style.dim(ShownText.padded($0 == 0 ? name : "", to: 10)) + $1
      }
    }
  }

  private var cpu: String? {
    guard let all = activity.allSeconds, all > 0 else { return nil }
    let parts: [(String, Double?)] = [
      ("user", activity.userSeconds), ("nice", activity.niceSeconds), ("system", activity.systemSeconds),
      ("iowait", activity.ioWaitSeconds), ("irq", activity.interruptSeconds),
      ("softirq", activity.softInterruptSeconds), ("steal", activity.stealSeconds), ("idle", activity.idleSeconds),
    ]
    return parts.compactMap { name, seconds in seconds.map { "\(name) \(Figure.percent($0 / all))" } }
      .joined(separator: ", ")
  }

  private var tasks: String? {
    var parts: [String] = []
    if let switches = activity.contextSwitches { parts.append("\(rate(switches)) context switches/s") }
    if let forks = activity.forks { parts.append("\(rate(forks)) forks/s") }
    if !activity.loads.isEmpty {
      parts.append("load \(activity.loads.map { Figure.threeDigits($0) }.joined(separator: " "))")
    }
    if let survey = summary.survey, let atEnd = survey.processesAtEnd {
      parts.append("\(atEnd) processes at the end, at least \(survey.processesSeen) in all")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var memory: String? {
    var parts: [String] = []
    if let least = summary.machine.leastAvailableBytes {
      let all = summary.machine.memoryBytes.map { " of \(Figure.bytes($0))" } ?? ""
      parts.append("\(Figure.bytes(least))\(all) available at the least")
    }
    let page = summary.machine.pageBytes ?? 4096
    if let swapped = summary.machineUse.swapInPages { parts.append("\(perSecond(swapped &* page)) swapped in") }
    if let swapped = summary.machineUse.swapOutPages { parts.append("\(perSecond(swapped &* page)) out") }
    if let faults = activity.majorFaults { parts.append("\(rate(faults)) major faults/s") }
    if let kills = summary.machineUse.outOfMemoryKills, kills > 0 { parts.append("\(kills) out-of-memory kills") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var pressure: String? {
    let parts: [(String, Double?)] = [
      ("CPU some", activity.cpuSomePressureSeconds), ("memory some", activity.memorySomePressureSeconds),
      ("full", activity.memoryFullPressureSeconds), ("disk some", activity.ioSomePressureSeconds),
      ("full", activity.ioFullPressureSeconds),
    ]
    let shown = parts.compactMap { name, seconds in seconds.map { "\(name) \(Figure.percent($0 / wall))" } }
    return shown.isEmpty ? nil : shown.joined(separator: ", ")
  }

  private var disks: String? {
    let sorted = activity.disks.sorted { ($0.busySeconds ?? 0, $1.name) > ($1.busySeconds ?? 0, $0.name) }
    return list(sorted) { disk in
      let busy = disk.busySeconds.map { ", busy \(Figure.percent($0 / wall))" } ?? ""
      return
        "\(ShownText.escaped(disk.name)) \(perSecond(disk.readBytes)) read, \(perSecond(disk.writeBytes)) written\(busy)"
    }
  }

  private var networks: String? {
    let sorted = activity.networks.sorted { (Self.bytes($0), $1.name) > (Self.bytes($1), $0.name) }
    return list(sorted) { network in
      let errors = (network.receiveErrors ?? 0) &+ (network.sendErrors ?? 0)
      return
        "\(ShownText.escaped(network.name)) \(perSecond(network.receivedBytes)) received, \(perSecond(network.sentBytes)) sent"
        + (errors > 0 ? ", \(errors) errors" : "")
    }
  }

  private static func bytes(_ network: MachineActivity.Network) -> Int64 {
    (network.receivedBytes ?? 0) &+ (network.sentBytes ?? 0)
  }

  private func list<Device>(_ devices: [Device], _ text: (Device) -> String) -> String? {
    guard !devices.isEmpty else { return nil }
    let shown = devices.prefix(Self.mostDevices).map(text)
    let others = devices.count - shown.count
    return (shown + (others > 0 ? ["and \(others) more"] : [])).joined(separator: "; ")
  }

  private func rate(_ count: Int64) -> String { Figure.threeDigits(Double(count) / wall) }
  private func perSecond(_ bytes: Int64?) -> String {
    bytes.map { "\(Figure.bytes(Double($0) / wall))/s" } ?? Figure.missing
  }
}
