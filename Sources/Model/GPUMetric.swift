/// What is recorded of a GPU, or of a part of one that counts as a device (MIG). Most GPUs offer only some of it.
public enum GPUMetric: Int, MetricCatalogue {
  // read most often
  case memory, busyShare, memoryBusyShare, energy
  // read once a second
  case power, temperature, clock, memoryClock, clockReasons
  case pcieReceived, pcieSent, pcieReceivedRate, pcieSentRate, nvlinkReceived, nvlinkSent
  /// Memory of the machine that the GPU uses as its own.
  case machineMemory

  public var metric: Metric {
    switch self {
    case .memory: Metric("gpu_memory", .bytes, isCumulative: false, step: 4096)
    case .busyShare: Metric("gpu_busy_thousandths", .count, isCumulative: false, step: 10)
    case .memoryBusyShare: Metric("gpu_memory_busy_thousandths", .count, isCumulative: false, step: 10)
    case .energy: Metric("gpu_energy_millijoules", .count, isCumulative: true)
    case .power: Metric("gpu_power_milliwatts", .count, isCumulative: false)
    case .temperature: Metric("gpu_temperature_celsius", .count, isCumulative: false)
    case .clock: Metric("gpu_clock_hertz", .count, isCumulative: false, step: 1_000_000)
    case .memoryClock: Metric("gpu_memory_clock_hertz", .count, isCumulative: false, step: 1_000_000)
    case .clockReasons: Metric("gpu_clock_reasons", .count, isCumulative: false)
    case .pcieReceived: Metric("gpu_pcie_received_bytes", .bytes, isCumulative: true)
    case .pcieSent: Metric("gpu_pcie_sent_bytes", .bytes, isCumulative: true)
    case .pcieReceivedRate: Metric("gpu_pcie_received_bytes_per_second", .bytes, isCumulative: false, step: 1000)
    case .pcieSentRate: Metric("gpu_pcie_sent_bytes_per_second", .bytes, isCumulative: false, step: 1000)
    case .nvlinkReceived: Metric("gpu_nvlink_received_bytes", .bytes, isCumulative: true, step: 1024)
    case .nvlinkSent: Metric("gpu_nvlink_sent_bytes", .bytes, isCumulative: true, step: 1024)
    case .machineMemory: Metric("gpu_machine_memory", .bytes, isCumulative: false, step: 4096)
    }
  }
}

/// What a recorded process has of a GPU.
public enum GPUProcessMetric: Int, MetricCatalogue {
  case memory, busyShare, machineMemory, engineTime

  public var metric: Metric {
    switch self {
    case .memory: Metric("process_gpu_memory", .bytes, isCumulative: false, step: 4096)
    case .busyShare: Metric("process_gpu_busy_thousandths", .count, isCumulative: false, step: 10)
    case .machineMemory: Metric("process_gpu_machine_memory", .bytes, isCumulative: false, step: 4096)
    // DRM: the time of all engines together.
    case .engineTime: Metric("process_gpu_engine", .nanoseconds, isCumulative: true)
    }
  }
}

/// Why a GPU runs slower than it was asked to: the bits of NVML's nvmlClocksEventReasons that mean so.
package struct ClockReasons: OptionSet, Hashable, Sendable {
  package let rawValue: Int64
  package init(rawValue: Int64) { self.rawValue = rawValue }

  package static let powerCap = ClockReasons(rawValue: 0x4)
  package static let hardwareSlowdown = ClockReasons(rawValue: 0x8)
  package static let syncBoost = ClockReasons(rawValue: 0x10)
  package static let heatBySoftware = ClockReasons(rawValue: 0x20)
  package static let heatByHardware = ClockReasons(rawValue: 0x40)
  package static let powerBrake = ClockReasons(rawValue: 0x80)

  package static let heat: ClockReasons = [.heatBySoftware, .heatByHardware]
  package static let power: ClockReasons = [.powerCap, .powerBrake]
  /// Those that keep it from the speed it could have: not that it idles or that somebody set its clocks.
  package static let slowing: ClockReasons = [
    .powerCap, .hardwareSlowdown, .heatBySoftware, .heatByHardware, .powerBrake,
  ]
}
