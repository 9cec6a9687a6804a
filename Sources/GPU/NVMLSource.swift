internal import StripModel
internal import StripPlatform
internal import StripProbes

/// NVIDIA's GPUs, by NVML. One thread, which each call may hold up for as long as the driver likes.
struct NVMLSource {
  private(set) var devices: [GPUDevice] = []
  private(set) var refusals: [GPURefusal] = []
  private var states: [State] = []

  /// What is known of a device's answers.
  private struct State {
    let device: NVMLLibrary.Device
    /// Bits of ``NVMLLibrary/Reading`` that the device does not offer.
    var refused: UInt32 = 0
    var refusedLists: UInt32 = 0
    var refusesUse = false
    var isLost = false
    /// Its processes are on the lists of its parts.
    var isDivided = false
    var failures = 0
    var room = 32
    var useRoom = 128
    var useSince: UInt64 = 0
    /// The last values, those that are read seldom among them.
    var sample = Sample<GPUMetric>()
    /// The last percentages, which the driver renews every second at most.
    var use: [Int32: Int64] = [:]

    init(_ device: NVMLLibrary.Device) { self.device = device }

    func refuses(_ which: NVMLLibrary.Reading) -> Bool { refused & UInt32(1) << UInt32(which.rawValue) != 0 }
  }

  /// Opens the library and finds the GPUs of `selection`. `nil`: there is no library.
  init?(_ selection: GPUSelection) {
    do throws(NVMLLibrary.Absence) {
      try NVMLLibrary.open()
    } catch {
      switch error {
      case .noLibrary(let why):
        // Only where it exists and cannot be used there is something to say.
        guard Self.isThere(why) else { return nil }
        refusals.append(GPURefusal(probe: "NVML", reason: why, needs: "a libnvidia-ml.so.1 for this machine"))
      case .noFunctions(let why):
        refusals.append(
          GPURefusal(probe: "NVML", reason: why, needs: "the library of an NVIDIA driver of 2013 or later"))
      case .failed(let code, let why):
        refusals.append(GPURefusal(probe: "NVML", reason: why, needs: Self.needs(code)))
      }
      return
    }
    find(selection)
  }

  static func isThere(_ why: String) -> Bool { !(why.utf8.count == 0 || contains(why, "No such file")) }

  /// What helps against a refusal to begin.
  static func needs(_ code: Int32) -> String? {
    switch code {
    case 9: "the kernel module: sudo modprobe nvidia (in a container: docker run --gpus all)"
    case 18: "a reboot, or the kernel module loaded anew: it is of another version than the library"
    case 4: "read and write access to /dev/nvidiactl and /dev/nvidia*"
    case 2, 3, 6, 13: nil
    default: "`nvidia-smi` to run"
    }
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8), Array(part.utf8))
    guard text.count >= part.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }

  // MARK: devices

  private mutating func find(_ selection: GPUSelection) {
    guard case .value(let count) = NVMLLibrary.count() else {
      refusals.append(GPURefusal(probe: "NVML", reason: "it does not say how many GPUs there are", needs: nil))
      return
    }
    for index in 0..<count where selection.contains(Int(index)) {
      switch NVMLLibrary.device(index) {
      case .value(let device): add(device, index: Int(index))
      case .never(let code), .failed(let code), .lost(let code):
        refusals.append(
          GPURefusal(
            probe: "GPU \(index)", reason: NVMLLibrary.errorText(code),
            needs: code == 4 ? "read and write access to /dev/nvidia\(index)" : nil))
      }
    }
  }

  private mutating func add(_ device: NVMLLibrary.Device, index: Int) {
    let place = append(device, index: index, partition: nil)
    guard case .value((1, _)) = NVMLLibrary.read(.migMode, of: device) else { return }
    var found = 0
    for slot in 0..<NVMLLibrary.partitionSlots(of: device) {
      guard case .value(let part) = NVMLLibrary.partition(slot, of: device) else { continue }
      let partPlace = append(part, index: index, partition: found)
      devices[partPlace].pci = devices[place].pci
      found += 1
    }
    states[place].isDivided = found > 0
  }

  private mutating func append(_ handle: NVMLLibrary.Device, index: Int, partition: Int?) -> Int {
    var device = GPUDevice(index: index, name: NVMLLibrary.name(of: handle) ?? "NVIDIA GPU")
    device.partition = partition
    device.driver = NVMLLibrary.driverVersion.map { "nvidia \($0)" }
    device.uuid = NVMLLibrary.uuid(of: handle)
    device.pci = NVMLLibrary.pci(of: handle)
    if case .value((_, let total)) = NVMLLibrary.read(.memory, of: handle), total > 0 { device.memoryBytes = total }
    if case .value((let limit, _)) = NVMLLibrary.read(.powerLimit, of: handle) { device.powerLimitMilliwatts = limit }
    devices.append(device)
    states.append(State(handle))
    return devices.count - 1
  }

  // MARK: a reading

  var isOver: Bool { states.allSatisfy { $0.isLost } }

  /// `seldom`: also what is worth a look once a second.
  mutating func read(_ index: Int, seldom: Bool) -> GPUReading {
    var reading = GPUReading()
    guard !states[index].isLost else { return reading }
    reading.sample = states[index].sample
    pair(.memory, index, &reading, .memory, nil)
    pair(.utilization, index, &reading, .busyShare, .memoryBusyShare, times: 10)
    pair(.energy, index, &reading, .energy, nil)
    readProcesses(index, &reading, seldom: seldom)
    reading.time = Clock.boottime()
    if seldom { readSeldom(index, &reading) }
    states[index].sample = reading.sample
    return reading
  }

  private mutating func readSeldom(_ index: Int, _ reading: inout GPUReading) {
    pair(.power, index, &reading, .power, nil)
    pair(.temperature, index, &reading, .temperature, nil)
    pair(.clocks, index, &reading, .clock, .memoryClock, times: 1_000_000)
    pair(.clockReasons, index, &reading, .clockReasons, nil)
    pair(.nvlink, index, &reading, .nvlinkReceived, .nvlinkSent)
    pair(.pcieCounters, index, &reading, .pcieReceived, .pcieSent)
    if states[index].refuses(.pcieCounters) {
      pair(.pcieRates, index, &reading, .pcieReceivedRate, .pcieSentRate)
    }
  }

  private mutating func pair(
    _ which: NVMLLibrary.Reading, _ index: Int, _ reading: inout GPUReading, _ first: GPUMetric, _ second: GPUMetric?,
    times unit: Int64 = 1
  ) {
    guard !states[index].isLost, !states[index].refuses(which) else { return }
    switch NVMLLibrary.read(which, of: states[index].device) {
    case .value(let (one, other)):
      states[index].failures = 0
      reading.sample[first] = one &* unit
      if let second { reading.sample[second] = other &* unit }
    case .never: states[index].refused |= UInt32(1) << UInt32(which.rawValue)
    case .failed(let code): failed(index, code, &reading)
    case .lost(let code): lose(index, code, &reading)
    }
  }

  private mutating func readProcesses(_ index: Int, _ reading: inout GPUReading, seldom: Bool) {
    guard !states[index].isDivided else { return }
    for list in NVMLLibrary.ProcessList.allCases {
      let bit = UInt32(1) << UInt32(list.rawValue)
      guard !states[index].isLost, states[index].refusedLists & bit == 0 else { continue }
      let device = states[index].device
      switch NVMLLibrary.processes(list, of: device, capacity: &states[index].room) {
      case .value(let found):
        if reading.processes == nil { reading.processes = [] }
        for process in found { reading.note(Int32(truncatingIfNeeded: process.pid), memory: process.bytes) }
      case .never: states[index].refusedLists |= bit
      case .failed(let code): failed(index, code, &reading)
      case .lost(let code): lose(index, code, &reading)
      }
    }
    if seldom { readUse(index, &reading) }
    guard reading.processes != nil, !states[index].refusesUse else { return }
    for place in reading.processes!.indices {
      // Who is on no sample has used nothing since the last one.
      reading.processes![place].sample[.busyShare] = (states[index].use[reading.processes![place].pid] ?? 0) * 10
    }
  }

  private mutating func readUse(_ index: Int, _ reading: inout GPUReading) {
    guard !states[index].isLost, !states[index].refusesUse, reading.processes != nil else { return }
    let device = states[index].device
    var room = states[index].useRoom
    defer { states[index].useRoom = room }
    switch NVMLLibrary.processUse(
      of: device, since: &states[index].useSince, capacity: &room)
    {
    case .value(let samples):
      var sums: [Int32: (sum: Int64, count: Int64)] = [:]
      for sample in samples {
        let pid = Int32(truncatingIfNeeded: sample.pid)
        let before = sums[pid] ?? (0, 0)
        sums[pid] = (before.sum + sample.gpu, before.count + 1)
      }
      states[index].use = sums.mapValues { $0.sum / $0.count }
    case .never: states[index].refusesUse = true
    case .failed(let code): failed(index, code, &reading)
    case .lost(let code): lose(index, code, &reading)
    }
  }

  /// One failure is nothing; what fails for so long does not come back.
  private mutating func failed(_ index: Int, _ code: Int32, _ reading: inout GPUReading) {
    states[index].failures += 1
    if states[index].failures >= 100 { lose(index, code, &reading) }
  }

  private mutating func lose(_ index: Int, _ code: Int32, _ reading: inout GPUReading) {
    states[index].isLost = true
    reading.loss = NVMLLibrary.errorText(code)
  }
}
