internal import StripAnalysis

/// A GPU in JSON.
struct GPUObject {
  private let gpu: GPUUsage

  init(_ gpu: GPUUsage) { self.gpu = gpu }

  func write(_ json: inout JSONWriter) {
    json.member("index", gpu.index)
    json.member("partition", gpu.partition)
    json.member("name", gpu.name)
    json.member("driver", gpu.driver)
    json.member("uuid", gpu.uuid)
    json.member("pci", gpu.pci)
    visibility(&json)
    json.member("memory_bytes", gpu.memoryBytes)
    json.member("busy_share", gpu.busyMean)
    json.member("busy_share_max", gpu.busyPeak)
    json.member("idle_share", gpu.idleShare)
    json.member("memory_busy_share", gpu.memoryBusyMean)
    json.member("first_memory_bytes", gpu.firstMemoryBytes)
    json.member("last_memory_bytes", gpu.lastMemoryBytes)
    json.member("peak_memory_bytes", gpu.peakMemoryBytes)
    json.member("peak_memory_at_seconds", gpu.peakMemoryAtSeconds)
    json.member("recorded_peak_memory_bytes", gpu.peakOwnMemoryBytes)
    json.member("peak_machine_memory_bytes", gpu.peakMachineMemoryBytes)
    json.member("energy_joules", gpu.energyJoules)
    json.member("power_watts", gpu.meanPowerWatts)
    json.member("power_watts_max", gpu.peakPowerWatts)
    json.member("power_limit_watts", gpu.powerLimitWatts)
    json.member("temperature_celsius_max", gpu.peakTemperatureCelsius)
    json.member("clock_hertz", gpu.meanClockHertz)
    json.member("slowed_by_heat_share", gpu.slowedByHeatShare)
    json.member("slowed_by_power_share", gpu.slowedByPowerShare)
    json.member("pcie_received_bytes", gpu.pcieReceivedBytes)
    json.member("pcie_sent_bytes", gpu.pcieSentBytes)
    json.member("nvlink_received_bytes", gpu.nvlinkReceivedBytes)
    json.member("nvlink_sent_bytes", gpu.nvlinkSentBytes)
    json.member("lost_at_seconds", gpu.lostAtSeconds)
    json.member("lost_reason", gpu.lossReason)
    json.key("processes")
    json.array { json in for process in gpu.processes { json.object { Self.write(process, &$0) } } }
  }

  private func visibility(_ json: inout JSONWriter) {
    switch gpu.visibility {
    case .notTold:
      json.member("visible", nil as Bool?)
      json.member("cuda_ordinal", nil as Int?)
    case .hidden:
      json.member("visible", false)
      json.member("cuda_ordinal", nil as Int?)
    case .visible(let ordinal):
      json.member("visible", true)
      json.member("cuda_ordinal", ordinal)
    }
  }

  private static func write(_ process: GPUProcessUsage, _ json: inout JSONWriter) {
    json.member("pid", process.pid)
    json.member("peak_memory_bytes", process.peakMemoryBytes)
    json.member("last_memory_bytes", process.lastMemoryBytes)
    json.member("peak_machine_memory_bytes", process.peakMachineMemoryBytes)
    json.member("busy_share", process.busyMean)
    json.member("engine_seconds", process.engineSeconds)
  }
}

extension GPUInside {
  func write(_ json: inout JSONWriter) {
    func curve(_ name: String, _ inside: CurveInside?, _ json: inout JSONWriter) {
      json.key(name)
      guard let inside else { return json.null() }
      json.object {
        $0.member("mean", inside.mean)
        $0.member("peak", inside.peak)
      }
    }
    json.member("index", index)
    json.member("partition", partition)
    curve("busy_share", busy, &json)
    json.member("idle_share", idleShare)
    curve("memory_bytes", memory, &json)
    json.member("memory_growth_bytes", memoryGrowthBytes)
    json.member("energy_joules", energyJoules)
  }
}
