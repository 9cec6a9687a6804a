package import StripModel

/// Which GPUs are recorded.
package enum GPUSelection: Equatable, Sendable {
  case none
  case all
  /// By the numbers that the driver gives them, as nvidia-smi shows; MIG devices go with their GPU.
  case only([Int])

  package func contains(_ index: Int) -> Bool {
    switch self {
    case .none: false
    case .all: true
    case .only(let indices): indices.contains(index)
    }
  }
}

/// A GPU, or a part of one that counts as a device.
package struct GPUDevice: Equatable, Sendable {
  /// NVIDIA's own number, in the order of the PCI bus; GPUs of others go on from there in the order of `/sys/class/drm`.
  package var index: Int
  /// The number of the MIG device on its GPU.
  package var partition: Int?
  package var name: String
  package var driver: String?
  package var uuid: String?
  /// `0000:65:00.0`
  package var pci: String?
  package var memoryBytes: Int64?
  package var powerLimitMilliwatts: Int64?

  package init(index: Int, name: String) {
    self.index = index
    self.name = name
  }

  /// `0`, or `0:1` for a part.
  package var label: String { partition.map { "\(index):\($0)" } ?? "\(index)" }
}

/// A process and what it has of a GPU.
package struct GPUProcess: Sendable {
  package let pid: Int32
  package internal(set) var sample = Sample<GPUProcessMetric>()
  /// Is there a process of this number in our `/proc`?
  package internal(set) var isHere = true

  init(pid: Int32) { self.pid = pid }
}

/// What one reading told of a GPU.
package struct GPUReading: Sendable {
  /// CLOCK_BOOTTIME, when its figures had been read; 0: it was not read.
  package internal(set) var time: UInt64 = 0
  /// What is read seldom keeps its last value.
  package internal(set) var sample = Sample<GPUMetric>()
  /// Those on the driver's lists, or the recorded ones where they are read from the processes. `nil`: no list is offered.
  package internal(set) var processes: [GPUProcess]?
  /// Why nothing more will be read of it: said once.
  package var loss: String?

  init() {}

  /// Adds what another list says of a process. A process on two lists holds its memory once.
  mutating func note(_ pid: Int32, memory: Int64?) {
    if processes == nil { processes = [] }
    if let index = processes!.firstIndex(where: { $0.pid == pid }) {
      if let memory { processes![index].sample[.memory] = max(memory, processes![index].sample[.memory] ?? 0) }
      return
    }
    var process = GPUProcess(pid: pid)
    process.sample[.memory] = memory
    processes!.append(process)
  }
}

/// Something of GPUs that cannot be recorded here, and what would help.
package struct GPURefusal: Equatable, Sendable {
  package let probe: String
  package let reason: String
  package let needs: String?

  package init(probe: String, reason: String, needs: String?) {
    self.probe = probe
    self.reason = reason
    self.needs = needs
  }
}
