internal import StripModel

/// What the machine as a whole did while it was recorded, from the kernel's own counters. `nil`: the kernel does not offer it.
package struct MachineActivity: Sendable {
  package var userSeconds: Double?
  package var niceSeconds: Double?
  package var systemSeconds: Double?
  package var idleSeconds: Double?
  /// Idle while somebody waited for a disk.
  package var ioWaitSeconds: Double?
  package var interruptSeconds: Double?
  package var softInterruptSeconds: Double?
  /// Taken by the hypervisor for others.
  package var stealSeconds: Double?
  package var contextSwitches: Int64?
  /// New processes and threads.
  package var forks: Int64?
  package var majorFaults: Int64?
  /// The mean of the last minute, five and fifteen at the end.
  package var loads: [Double] = []
  package var memorySomePressureSeconds: Double?
  package var memoryFullPressureSeconds: Double?
  package var ioSomePressureSeconds: Double?
  package var ioFullPressureSeconds: Double?
  package var cpuSomePressureSeconds: Double?
  package var freeSwapBytes: Int64?
  package var disks: [Disk] = []
  package var networks: [Network] = []
  /// Seconds that each CPU was not idle.
  package var busySecondsOfCPUs: [Double] = []

  package struct Disk: Sendable {
    package var name = ""
    package var reads: Int64?
    package var readBytes: Int64?
    package var writes: Int64?
    package var writeBytes: Int64?
    /// At least one request was under way.
    package var busySeconds: Double?
    package init() {}
  }

  package struct Network: Sendable {
    package var name = ""
    package var receivedBytes: Int64?
    package var receivedPackets: Int64?
    package var receiveErrors: Int64?
    package var sentBytes: Int64?
    package var sentPackets: Int64?
    package var sendErrors: Int64?
    package init() {}
  }

  package init() {}

  init(_ ledger: Ledger) {
    func count(_ metric: MachineMetric) -> Int64? { ledger.grown(metric) }
    func seconds(_ metric: MachineMetric) -> Double? { ledger.grownSeconds(metric) }
    userSeconds = seconds(.userTime)
    niceSeconds = seconds(.niceTime)
    systemSeconds = seconds(.systemTime)
    idleSeconds = seconds(.idleTime)
    ioWaitSeconds = seconds(.waitTime)
    interruptSeconds = seconds(.interruptTime)
    softInterruptSeconds = seconds(.softInterruptTime)
    stealSeconds = seconds(.stolenTime)
    contextSwitches = count(.contextSwitches)
    forks = count(.forks)
    majorFaults = count(.majorFaults)
    loads = [.load1, .load5, .load15].compactMap { ledger.machine[$0] }.map { Double($0) / 1000 }
    memorySomePressureSeconds = seconds(.memorySomePressure)
    memoryFullPressureSeconds = seconds(.memoryFullPressure)
    ioSomePressureSeconds = seconds(.ioSomePressure)
    ioFullPressureSeconds = seconds(.ioFullPressure)
    cpuSomePressureSeconds = seconds(.cpuSomePressure)
    freeSwapBytes = ledger.machine[.swapFreeSize]
    disks = ledger.disks.map(Self.disk)
    networks = ledger.networks.map(Self.network)
    busySecondsOfCPUs = ledger.cpus.compactMap { $0.grown(.busyTime) }.map { Double($0) / 1e9 }
  }

  /// What tasks used: user, nice and system. Interrupts and what was stolen are nobody's.
  package var taskSeconds: Double? {
    guard let userSeconds, let systemSeconds else { return nil }
    return userSeconds + (niceSeconds ?? 0) + systemSeconds
  }

  package var allSeconds: Double? {
    guard let taskSeconds, let idleSeconds else { return nil }
    return taskSeconds + idleSeconds
      + [ioWaitSeconds, interruptSeconds, softInterruptSeconds, stealSeconds].reduce(0) { $0 + ($1 ?? 0) }
  }

  private static func disk(_ device: Ledger.Device<DiskMetric>) -> Disk {
    var disk = Disk()
    disk.name = device.name
    disk.reads = device.grown(.reads)
    disk.readBytes = device.grown(.readBytes)
    disk.writes = device.grown(.writes)
    disk.writeBytes = device.grown(.writeBytes)
    disk.busySeconds = device.grown(.busyTime).map { Double($0) / 1e9 }
    return disk
  }

  private static func network(_ device: Ledger.Device<NetworkMetric>) -> Network {
    var network = Network()
    network.name = device.name
    network.receivedBytes = device.grown(.receivedBytes)
    network.receivedPackets = device.grown(.receivedPackets)
    network.receiveErrors = device.grown(.receiveErrors)
    network.sentBytes = device.grown(.sentBytes)
    network.sentPackets = device.grown(.sentPackets)
    network.sendErrors = device.grown(.sendErrors)
    return network
  }
}
