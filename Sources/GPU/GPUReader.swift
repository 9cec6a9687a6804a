package import StripProbes
internal import StripModel
internal import StripPlatform

/// All GPUs of this machine. One thread of its own: a driver may take as long as it likes.
package struct GPUReader {
  package private(set) var devices: [GPUDevice] = []
  package private(set) var refusals: [GPURefusal] = []
  private var nvml: NVMLSource?
  private var drm: DRMSource?
  private let proc: String

  /// Finds the GPUs: tens of milliseconds where NVIDIA's library is there, microseconds elsewhere.
  package init(roots: KernelRoots, selection: GPUSelection) {
    proc = roots.proc
    nvml = NVMLSource(selection)
    devices = nvml?.devices ?? []
    refusals = nvml?.refusals ?? []
    let first = (devices.map { $0.index }.max() ?? -1) + 1
    drm = DRMSource(roots: roots, first: first, selection: selection)
    devices += drm?.devices ?? []
    if case .only(let indices) = selection {
      for index in indices where !devices.contains(where: { $0.index == index }) {
        refusals.append(
          GPURefusal(
            probe: "GPU \(index)", reason: "there is no GPU of this number", needs: "one of those that nvidia-smi shows"
          ))
      }
    }
  }

  /// One reading for each of ``devices``. `pids`: whom the recording is about.
  package mutating func read(_ pids: [Int32], at now: UInt64, seldom: Bool) -> [GPUReading] {
    var readings: [GPUReading] = []
    if let found = nvml?.devices {
      for index in found.indices { readings.append(nvml!.read(index, seldom: seldom)) }
    }
    mark(&readings, recorded: pids)
    if drm != nil { readings += drm!.read(pids, at: now, seldom: seldom) }
    return readings
  }

  /// The driver may know processes by other numbers than we do: those of the machine, while we are in a container.
  private func mark(_ readings: inout [GPUReading], recorded: [Int32]) {
    for index in readings.indices {
      guard let processes = readings[index].processes else { continue }
      for (place, process) in processes.enumerated() where !recorded.contains(process.pid) {
        let isHere = (try? FileStatus.of("\(proc)/\(process.pid)")) != nil
        readings[index].processes![place].isHere = isHere
      }
    }
  }

  /// What a process was told of the GPUs that it may see; `nil`: nothing, or its environment is hidden from us.
  package func visibility(of pid: Int32) -> GPUVisibility? {
    guard let bytes = try? FileSystem.contents(of: "\(proc)/\(pid)/environ") else { return nil }
    return GPUVisibility(environment: bytes)
  }
}

/// `CUDA_VISIBLE_DEVICES` of a process, and what it takes to read it.
package struct GPUVisibility: Equatable, Sendable {
  /// As it stands there: numbers, or UUIDs and their beginnings; `-1` ends the list.
  package let devices: String
  /// `PCI_BUS_ID` makes the numbers the driver's; else CUDA counts from the fastest GPU.
  package let order: String?

  package init(devices: String, order: String? = nil) {
    self.devices = devices
    self.order = order
  }

  /// From `/proc/PID/environ`: texts that end with a NUL.
  package init?(environment: [UInt8]) {
    var devices: String?
    var order: String?
    for entry in environment.split(separator: 0) {
      if entry.starts(with: "CUDA_VISIBLE_DEVICES=".utf8) {
        devices = String(decoding: entry.dropFirst(21), as: UTF8.self)
      } else if entry.starts(with: "CUDA_DEVICE_ORDER=".utf8) {
        order = String(decoding: entry.dropFirst(18), as: UTF8.self)
      }
    }
    guard let devices else { return nil }
    self.devices = devices
    self.order = order
  }

  /// The number that CUDA gives each of `gpus` in that process, `nil` for one it does not see. An empty answer: it cannot be told,
  /// as where GPUs of several kinds are counted from the fastest.
  package func ordinals(of gpus: [GPUDevice]) -> [Int?] {
    let isBusOrder = order?.isSame(as: "PCI_BUS_ID") ?? false
    let isOneKind = gpus.allSatisfy { $0.name.isSame(as: gpus[0].name) || $0.partition != nil }
    var ordinals = [Int?](repeating: nil, count: gpus.count)
    var next = 0
    for word in devices.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let text = String(decoding: word.filter { $0 != 0x20 }, as: UTF8.self)
      let place: Int?
      if let number = Int(text) {
        guard isBusOrder || isOneKind else { return [] }
        place = gpus.firstIndex { $0.index == number && $0.partition == nil }
        // Not all GPUs are recorded: one that is not counts all the same.
        if place == nil, number < 0 { break }
      } else {
        place = text.utf8.isEmpty ? nil : gpus.firstIndex { $0.uuid?.utf8.starts(with: text.utf8) ?? false }
        if text.utf8.isEmpty { break }
      }
      if let place, ordinals[place] == nil { ordinals[place] = next }
      next += 1
    }
    return ordinals
  }
}
