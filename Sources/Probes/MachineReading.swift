package import StripModel

/// What one reading told of the whole machine. Reused: no allocation while no new device appears.
package struct MachineReading: Sendable {
  package internal(set) var sample = MachineSample()
  /// By number of the logical CPU; empty for one that is offline.
  package internal(set) var cpus: [Sample<CPUMetric>] = []
  /// Physical disks, each once: no partitions and nothing that is made of other disks.
  package internal(set) var disks: DeviceTable<DiskMetric>
  /// Every interface, `lo` among them.
  package internal(set) var networks: DeviceTable<NetworkMetric>
  /// The last PID given out, and all tasks (threads) there are; proc_loadavg(5). `nil`: not read.
  package internal(set) var lastPID: Int32?
  package internal(set) var tasks: Int64?

  /// The disks are told by `roots.sys`.
  package init(roots: KernelRoots = KernelRoots()) {
    let rule = DiskRule(sys: roots.sys)
    disks = DeviceTable { rule.isPhysical($0) }
    networks = DeviceTable { _ in true }
  }

  /// The sum of all physical disks; `nil` when none was read.
  package func total(_ metric: DiskMetric) -> Int64? {
    var total: Int64?
    for index in disks.devices.indices {
      if let value = disks.devices[index].sample[metric] { total = added(total ?? 0, value) }
    }
    return total
  }

  /// The sum of all interfaces but `lo`, whose bytes never leave the machine.
  package func total(_ metric: NetworkMetric) -> Int64? {
    let loopback = DeviceName("lo")
    var total: Int64?
    for index in networks.devices.indices where networks.devices[index].name != loopback {
      if let value = networks.devices[index].sample[metric] { total = added(total ?? 0, value) }
    }
    return total
  }

  /// Forgets the values, not the devices.
  mutating func clear() {
    sample.clear()
    for index in cpus.indices { cpus[index].clear() }
    disks.begin()
    networks.begin()
    lastPID = nil
    tasks = nil
  }
}
