internal import StripAnalysis

/// What curves are called, on a page and in a picture.
extension Timeline.Lane {
  var title: String {
    switch kind {
    case .memory: "Memory"
    case .cpu: "CPU"
    case .disk: "Disk"
    case .network: "Network"
    case .pressure: "Waiting"
    case .gpu(let label): "GPU \(label)"
    case .gpuMemory(let label): "GPU \(label) memory"
    case .counter(let name, let pid): ShownText.escaped(name) + (pid.map { " (PID \($0))" } ?? "")
    }
  }
}

extension Timeline.Series.Name {
  var text: String {
    switch self {
    case .resident: "resident"
    case .charged: "held against the limit"
    case .machineUsed: "machine, in use"
    case .processes: "processes"
    case .machine: "machine"
    case .read: "read"
    case .written: "written"
    case .received: "received"
    case .sent: "sent"
    case .processorStall: "for CPU"
    case .memoryStall: "for memory"
    case .ioStall: "for disk"
    case .throttled: "for the quota"
    case .gpuBusy: "busy"
    case .gpuMemoryBusy: "memory busy"
    case .gpuUsed: "in use"
    case .gpuOwn: "processes"
    case .value: ""
    }
  }
}
