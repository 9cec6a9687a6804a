import StripModel
import StripPlatform
import StripProbes

/// The predecessor's 15-column sample, hot: the same kernel files as Benchmarks/sample/reference.c, through the probes.
///
///     strip-bench sample [--pid PID] [--cheap] [--batches N] [--samples N] [--show]
///
/// `--cheap` takes what the kernel sells cheaper where it means the same: the CPU clock for the process, the root cgroup's
/// cpu.stat for the machine's busy time, each disk's own stat file for diskstats.
enum SampleBench {
  static func run(_ arguments: [String]) throws(SystemError) {
    var pid = Own.pid
    var batches = 31
    var samples = 1000
    for (index, argument) in arguments.enumerated() where index + 1 < arguments.count {
      let next = arguments[index + 1]
      if argument == "--pid" { pid = Int32(next) ?? pid }
      if argument == "--batches" { batches = max(1, Int(next) ?? batches) }
      if argument == "--samples" { samples = max(1, Int(next) ?? samples) }
    }
    let isCheap = arguments.contains("--cheap")
    var sampler = try SeedSampler(pid: pid, isCheap: isCheap)
    if arguments.contains("--show") {
      print(try sampler.take())
      return
    }
    var costs: [Double] = []
    var before = try sampler.take()
    var sink = 0.0
    for _ in 0..<batches {
      let start = Clock.monotonic()
      for _ in 0..<samples {
        let after = try sampler.take()
        sink += after.percent(since: before)
        before = after
      }
      costs.append(Double(Clock.monotonic() - start) / Double(samples))
    }
    costs.sort()
    let name = isCheap ? "sample cheap" : "sample"
    let target = pid == Own.pid ? "own" : "other"
    print(#"{"name": "\#(name) \#(target)", "min_ns": \#(costs[0]), "median_ns": \#(costs[batches / 2])}"#)
    // Keeps the work from being optimised away.
    if sink == -1 { print(sink) }
  }
}

/// One row of the predecessor's resource log.
struct SeedRow {
  var time: UInt64 = 0
  var cpuNanoseconds: Int64 = 0
  var residentBytes: Int64 = 0
  var virtualBytes: Int64 = 0
  var readCalls: Int64 = 0
  var writeCalls: Int64 = 0
  var readBytes: Int64 = 0
  var writeBytes: Int64 = 0
  var machineBusyNanoseconds: Int64 = 0
  var usedBytes: Int64 = 0
  var usedSwapBytes: Int64 = 0
  var diskReads: Int64 = 0
  var diskWrites: Int64 = 0
  var diskReadBytes: Int64 = 0
  var diskWriteBytes: Int64 = 0

  /// CPU of the process and of the machine; the differences belong to the sample, as the peers pay for them too.
  func percent(since before: SeedRow) -> Double {
    let elapsed = Double(time &- before.time)
    let process = Double(cpuNanoseconds &- before.cpuNanoseconds) / elapsed
    let machine = Double(machineBusyNanoseconds &- before.machineBusyNanoseconds) / elapsed
    return 100 * (process + machine / Double(Machine.logicalCPUs))
  }
}

/// Takes ``SeedRow``s with the probes.
struct SeedSampler: ~Copyable {
  private var process: ProcessReader
  private var machine: MachineReader
  private let processProbes: ProbeSet
  private let machineProbes: ProbeSet
  private let cheap: CheapMachineFiles?
  private let memoryBytes: Int64
  private let swapBytes: Int64
  private let buffer: UnsafeMutableRawBufferPointer

  init(pid: Int32, isCheap: Bool) throws(SystemError) {
    let process = try ProcessReader(pid: pid)
    var machine = try MachineReader()
    machine.read(MachineProbe.about([.disks], through: .seldom))
    let disks = machine.reading.disks.devices.map(\.name.text)
    let usesCheap = isCheap && disks.count <= CheapMachineFiles.mostDisks
    let cheap = usesCheap ? try CheapMachineFiles(disks: disks) : nil
    self.process = process
    self.machine = machine
    self.cheap = cheap
    let description = MachineDescription()
    memoryBytes = description.memoryBytes ?? 0
    swapBytes = description.swapBytes ?? 0
    processProbes = ProcessProbe.giving([isCheap ? .cpuTime : .userTime, .residentSize, .readBytes])
    machineProbes = MachineProbe.about(usesCheap ? [.memory] : [.processors, .memory, .disks], through: .often)
    buffer = .allocate(byteCount: ProcessReader.bufferSize, alignment: 16)
  }

  deinit { buffer.deallocate() }

  mutating func take() throws(SystemError) -> SeedRow {
    var row = SeedRow()
    row.time = Clock.monotonic()
    var sample = ProcessSample()
    if case .vanished = process.read(processProbes, into: &sample, buffer: buffer) {
      throw SystemError(code: 3, call: "read")
    }
    row.cpuNanoseconds = sample[.cpuTime] ?? ((sample[.userTime] ?? 0) &+ (sample[.systemTime] ?? 0))
    row.residentBytes = sample[.residentSize] ?? 0
    row.virtualBytes = sample[.virtualSize] ?? 0
    row.readCalls = sample[.readCalls] ?? 0
    row.writeCalls = sample[.writeCalls] ?? 0
    row.readBytes = sample[.readBytes] ?? 0
    row.writeBytes = sample[.writeBytes] ?? 0
    machine.read(machineProbes)
    row.usedBytes = memoryBytes &- (machine.reading.sample[.availableSize] ?? 0)
    row.usedSwapBytes = swapBytes &- (machine.reading.sample[.swapFreeSize] ?? 0)
    if cheap != nil {
      try cheap!.fill(&row, buffer)
    } else {
      row.machineBusyNanoseconds = machine.reading.sample.busy
      row.diskReads = machine.reading.total(.reads) ?? 0
      row.diskWrites = machine.reading.total(.writes) ?? 0
      row.diskReadBytes = machine.reading.total(.readBytes) ?? 0
      row.diskWriteBytes = machine.reading.total(.writeBytes) ?? 0
    }
    return row
  }
}

extension MachineSample {
  /// All CPUs' time but idle and waiting.
  fileprivate var busy: Int64 {
    (self[.userTime] ?? 0) &+ (self[.niceTime] ?? 0) &+ (self[.systemTime] ?? 0) &+ (self[.interruptTime] ?? 0)
      &+ (self[.softInterruptTime] ?? 0) &+ (self[.stolenTime] ?? 0)
  }
}

/// Cheaper files with the same meaning as /proc/stat's busy time and /proc/diskstats.
struct CheapMachineFiles: ~Copyable {
  /// With more disks than this, one /proc/diskstats costs less than a file each.
  static let mostDisks = 4

  private let cpu: Descriptor
  private var disks: InlineArray<4, Descriptor>
  private let diskCount: Int

  init(disks names: [String]) throws(SystemError) {
    // The root cgroup's figure is the machine's (kernel/cgroup/rstat.c, root_cgroup_cputime).
    let unified = "/sys/fs/cgroup/unified/cpu.stat"
    let hasUnified = (try? FileStatus.of(unified)) != nil
    let cpu = try Descriptor(opening: hasUnified ? unified : "/sys/fs/cgroup/cpu.stat")
    var disks = InlineArray<4, Descriptor> { _ in Descriptor(adopting: -1) }
    let diskCount = min(names.count, Self.mostDisks)
    for index in 0..<diskCount { disks[index] = try Descriptor(opening: "/sys/block/\(names[index])/stat") }
    self.cpu = cpu
    self.disks = disks
    self.diskCount = diskCount
  }

  func fill(_ row: inout SeedRow, _ buffer: UnsafeMutableRawBufferPointer) throws(SystemError) {
    var text = FieldScanner(UnsafeRawBufferPointer(rebasing: buffer[..<(try cpu.read(into: buffer))]))
    if text.take("usage_usec ") { row.machineBusyNanoseconds = text.integer(times: 1000) ?? 0 }
    for index in 0..<diskCount {
      let count = try disks[index].read(into: buffer)
      var text = FieldScanner(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      var sample = Sample<DiskMetric>()
      DiskstatsProbe.counters(&text, into: &sample)
      row.diskReads &+= sample[.reads] ?? 0
      row.diskWrites &+= sample[.writes] ?? 0
      row.diskReadBytes &+= sample[.readBytes] ?? 0
      row.diskWriteBytes &+= sample[.writeBytes] ?? 0
    }
  }
}
