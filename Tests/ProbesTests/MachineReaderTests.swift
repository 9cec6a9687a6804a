import Foundation
import StripModel
import StripPlatform
import StripProbes
import Testing

struct MachineReaderTests {
  @Test func `this machine can be read`() throws {
    var reader = try MachineReader()
    reader.read(through: .seldom)
    for metric: MachineMetric in [.userTime, .idleTime, .contextSwitches, .availableSize, .slabSize, .load1] {
      #expect(reader.reading.sample.has(metric), "\(metric)")
    }
    #expect(reader.reading.cpus.count { $0.has(.busyTime) } == Machine.logicalCPUs)
    #expect(try #require(reader.reading.lastPID) > 0)
    #expect(reader.reading.networks.devices.contains { $0.name.text == "lo" })
  }

  @Test func `parked it keeps no file open and reads the same`() throws {
    var reader = try MachineReader(roots: Fixture.roots)
    reader.read(through: .seldom)
    let memory = reader.reading.sample[.availableSize]
    #expect(memory != nil)
    reader.park()
    reader.read(through: .seldom)
    #expect(reader.reading.sample[.availableSize] == memory)
    #expect(reader.refusals.isEmpty)
    let open = try FileSystem.entries(of: "/proc/self/fd").compactMap { try? FileSystem.link("/proc/self/fd/\($0)") }
    #expect(!open.contains(Fixture.root + "/proc/meminfo"))
  }

  @Test func `the CPUs' busy times add up to the machine's`() throws {
    var reader = try MachineReader()
    reader.read(through: .every)
    let sample = reader.reading.sample
    let busy: [MachineMetric] = [.userTime, .niceTime, .systemTime, .interruptTime, .softInterruptTime, .stolenTime]
    let total = busy.reduce(0) { $0 + (sample[$1] ?? 0) }
    let sum = reader.reading.cpus.reduce(0) { $0 + ($1[.busyTime] ?? 0) }
    // Each of the figures is cut to whole ticks.
    let cut = Int64(6 * (reader.reading.cpus.count + 1)) * Machine.nanosecondsPerTick
    #expect(abs(total - sum) <= cut)
  }

  @Test func `what a tick does not read is missing in it, and its devices stay`() throws {
    var reader = try MachineReader(roots: Fixture.roots)
    reader.read(through: .seldom)
    #expect(reader.refusals.isEmpty)
    #expect(reader.reading.sample[.majorFaults] == 8998)
    #expect(reader.reading.total(.reads) == 157211)
    reader.read(through: .every)
    #expect(reader.reading.sample[.majorFaults] == nil)
    #expect(reader.reading.sample[.userTime] != nil)
    #expect(reader.reading.total(.reads) == nil)
    #expect(reader.reading.disks.devices.count == 1)
  }

  @Test func `a kernel without pressure and vmstat says so once`() throws {
    let stat = String(decoding: Fixture.bytes("proc/stat"), as: UTF8.self)
    try Fixture.withTree(["stat": stat]) { root in
      var reader = try MachineReader(roots: KernelRoots(proc: root, sys: root))
      reader.read(through: .seldom)
      let refused = reader.refusals.map { "\(MachineProbe.all[$0.probe].name)" }
      #expect(refused.contains("pressure_cpu"))
      #expect(!refused.contains("stat"))
      reader.read(through: .seldom)
      #expect(reader.refusals.count == refused.count)
    }
  }

  @Test func `a text larger than the buffer is read to its end`() throws {
    let interrupts = "intr 1" + String(repeating: " 123456", count: 60_000) + "\n"
    let stat = "cpu  1 2 3 4 5 6 7 8 9 10\n" + interrupts + "ctxt 77\nprocesses 88\nprocs_running 1\nprocs_blocked 9\n"
    try Fixture.withTree(["stat": stat]) { root in
      var reader = try MachineReader(roots: KernelRoots(proc: root, sys: root))
      reader.read(through: .every)
      #expect(reader.reading.sample[.contextSwitches] == 77)
      #expect(reader.reading.sample[.blockedTasks] == 9)
    }
  }

  @Test func `a device that goes and comes keeps its place`() throws {
    let heading = "a\nb\n"
    func line(_ name: String, _ bytes: Int) -> String { "  \(name): \(bytes) 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n" }
    try Fixture.withTree(["net/dev": heading + line("eth0", 1) + line("wlan0", 2)]) { root in
      func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: root + "/net/dev")) }
      var reader = try MachineReader(roots: KernelRoots(proc: root, sys: root))
      reader.read(through: .often)
      #expect(reader.reading.total(.receivedBytes) == 3)
      try Data((heading + line("wlan0", 20) + line("veth1", 30)).utf8).write(to: URL(filePath: root + "/net/dev"))
      // A new file stands there, so a new reader of the same directory: the kept one holds the old file.
      var again = try MachineReader(roots: KernelRoots(proc: root, sys: root))
      again.read(through: .often)
      #expect(again.reading.networks.devices.map(\.name.text) == ["wlan0", "veth1"])
    }
    var reading = MachineReading(roots: Fixture.roots)
    let probe = MachineProbe.named("network")
    for text in [line("eth0", 1) + line("wlan0", 2), line("wlan0", 20) + line("veth1", 30) + line("eth0", 4)] {
      scan(heading + text) { probe.parse($0, &reading) }
    }
    #expect(reading.networks.devices.map(\.name.text) == ["eth0", "wlan0", "veth1"])
    #expect(reading.networks.devices.map { $0.sample[.receivedBytes] } == [4, 20, 30])
  }

  @Test func `many disks come in several pieces of the kernel's list`() throws {
    var text = ""
    for index in 0..<400 { text += "   8 \(index) loop\(index) 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n" }
    text += "   8 0 sda 5 6 7 8 9 10 11 12 13 14 15\n"
    try Fixture.withTree(["diskstats": text]) { root in
      var reader = try MachineReader(roots: KernelRoots(proc: root, sys: "/nowhere"))
      reader.read(through: .often)
      #expect(reader.reading.total(.reads) == 5)
    }
  }
}
