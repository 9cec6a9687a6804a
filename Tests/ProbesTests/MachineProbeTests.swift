import StripModel
import StripPlatform
import StripProbes
import Testing

struct MachineProbeTests {
  let tick = Machine.nanosecondsPerTick

  @Test func `each metric comes from one probe`() {
    let given = MachineProbe.all.flatMap(\.metrics)
    #expect(Set(given).count == given.count)
    #expect(Set(given) == Set(MachineMetric.allCases))
  }

  @Test func `stat gives the machine's times and each CPU's busy time`() {
    let reading = MachineProbe.named("stat").parsed(Fixture.bytes("proc/stat"))
    #expect(reading.sample[.userTime] == 126537 * tick)
    #expect(reading.sample[.niceTime] == 36 * tick)
    #expect(reading.sample[.systemTime] == 33722 * tick)
    #expect(reading.sample[.idleTime] == 503602 * tick)
    #expect(reading.sample[.waitTime] == 5957 * tick)
    #expect(reading.sample[.interruptTime] == 0)
    #expect(reading.sample[.softInterruptTime] == 619 * tick)
    #expect(reading.sample[.stolenTime] == 11655 * tick)
    #expect(reading.sample[.contextSwitches] == 953578)
    #expect(reading.sample[.forks] == 35802)
    #expect(reading.sample[.runningTasks] == 1)
    #expect(reading.sample[.blockedTasks] == 0)
    #expect(reading.cpus.count == 2)
    #expect(reading.cpus[0][.busyTime] == (52984 + 24 + 15326 + 0 + 94 + 5939) * tick)
    #expect(reading.cpus[1][.busyTime] == (73553 + 11 + 18396 + 0 + 525 + 5715) * tick)
  }

  @Test func `a guest's time is not counted twice`() {
    let reading = MachineProbe.named("stat").parsed("cpu0 100 0 0 50 0 0 0 0 100 0\n".utf8)
    #expect(reading.cpus[0][.busyTime] == 100 * tick)
  }

  @Test func `an offline CPU is missing, and an absurd number is no CPU`() {
    let text = "cpu0 1 0 0 5 0 0 0 0 0 0\ncpu2 3 0 0 5 0 0 0 0 0 0\ncpu99999999999 1 1 1 1 1 1 1 1 1 1\n"
    let reading = MachineProbe.named("stat").parsed(text.utf8)
    #expect(reading.cpus.count == 3)
    #expect(reading.cpus[1][.busyTime] == nil)
    #expect(reading.cpus[2][.busyTime] == 3 * tick)
  }

  @Test func `meminfo is in kibibytes`() throws {
    let reading = MachineProbe.named("meminfo").parsed(Fixture.bytes("proc/meminfo"))
    let text = String(decoding: Fixture.bytes("proc/meminfo"), as: UTF8.self)
    let names: [(String, MachineMetric)] = [
      ("MemFree", .freeSize), ("MemAvailable", .availableSize), ("Buffers", .buffersSize), ("Cached", .cachedSize),
      ("SwapFree", .swapFreeSize), ("Dirty", .dirtySize), ("Writeback", .writebackSize), ("Shmem", .sharedSize),
      ("Slab", .slabSize),
    ]
    for (name, metric) in names {
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
      let kibibytes = try #require(Int64(line.split(separator: " ")[1]))
      #expect(reading.sample[metric] == kibibytes * 1024, "\(name)")
    }
  }

  @Test func `only whole physical disks are counted`() {
    let reading = MachineProbe.named("diskstats").parsed(Fixture.bytes("proc/diskstats"))
    #expect(reading.disks.devices.map(\.name.text) == ["vda"])
    let disk = reading.disks.devices[0].sample
    #expect(disk[.reads] == 157211)
    #expect(disk[.readBytes] == sectors(18_301_330))
    #expect(disk[.writes] == 42546)
    #expect(disk[.writeBytes] == sectors(59_738_608))
    #expect(disk[.busyTime] == 83_212_000_000)
    #expect(reading.total(.reads) == 157211)
  }

  static let names: [(String, Bool)] = [
    ("sda", true), ("sda1", false), ("sdab", true), ("sdab12", false), ("vdb", true), ("vdb3", false), ("xvda", true),
    ("hda", true), ("nvme0n1", true), ("nvme10n1p12", false), ("mmcblk0", true), ("mmcblk0p1", false), ("loop0", false),
    ("ram3", false), ("dm-0", false), ("md127", false), ("zram0", false), ("sr0", false), ("nbd0", false),
  ]

  @Test(arguments: names)
  func `without sys a disk is known by its name`(name: String, isDisk: Bool) {
    let text = "   8       0 \(name) 1 2 3 4 5 6 7 8 9 10 11\n"
    let reading = MachineProbe.named("diskstats").parsed(text.utf8, roots: KernelRoots(sys: "/nowhere"))
    #expect(reading.disks.devices.count == (isDisk ? 1 : 0))
  }

  @Test func `an old kernel's short partition line is no disk`() {
    let reading = MachineProbe.named("diskstats").parsed(
      "   8  1 sda1 5 6 7 8\n".utf8, roots: KernelRoots(sys: "/nowhere"))
    #expect(reading.disks.devices.isEmpty)
  }

  @Test func `every interface is read and lo is left out of the total`() {
    let reading = MachineProbe.named("network").parsed(Fixture.bytes("proc/net/dev"))
    #expect(reading.networks.devices.map(\.name.text) == ["lo", "ifb0", "ifb1", "eth0"])
    let ethernet = reading.networks.devices[3].sample
    #expect(ethernet[.receivedBytes] == 81_103_259)
    #expect(ethernet[.receivedPackets] == 2110)
    #expect(ethernet[.receiveErrors] == 0)
    #expect(ethernet[.sentBytes] == 171_953)
    #expect(ethernet[.sentPackets] == 1524)
    #expect(ethernet[.sendErrors] == 0)
    #expect(reading.total(.receivedBytes) == 81_103_259)
    #expect(reading.networks.devices[0].sample[.receivedBytes] == 3293)
  }

  @Test func `an interface's first number may touch its colon`() {
    let reading = MachineProbe.named("network").parsed(
      "x\ny\neth0:1234567890 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n".utf8)
    #expect(reading.networks.devices[0].sample[.receivedBytes] == 1_234_567_890)
    #expect(reading.networks.devices[0].sample[.sendErrors] == 11)
  }

  @Test func `loadavg gives thousandths, tasks and the last PID`() {
    let reading = MachineProbe.named("loadavg").parsed(Fixture.bytes("proc/loadavg"))
    #expect(reading.sample[.load1] == 860)
    #expect(reading.sample[.load5] == 930)
    #expect(reading.sample[.load15] == 850)
    #expect(reading.tasks == 85)
    #expect(reading.lastPID == 3341)
  }

  @Test func `pressure is in nanoseconds`() {
    #expect(
      MachineProbe.named("pressure_cpu").parsed(Fixture.bytes("proc/pressure/cpu")).sample[.cpuSomePressure]
        == 123_234_548_000)
    let reading = MachineProbe.named("pressure_io").parsed(Fixture.bytes("proc/pressure/io"))
    #expect(reading.sample[.ioSomePressure] == 48_767_680_000)
    #expect(reading.sample[.ioFullPressure] == 43_332_528_000)
  }

  @Test func `an older kernel's pressure without a full line lacks it`() {
    let reading = MachineProbe.named("pressure_memory").parsed("some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n".utf8)
    #expect(reading.sample[.memorySomePressure] == 5000)
    #expect(reading.sample[.memoryFullPressure] == nil)
  }

  @Test func `vmstat gives swaps, faults and kills`() {
    let reading = MachineProbe.named("vmstat").parsed(Fixture.bytes("proc/vmstat"))
    #expect(reading.sample[.majorFaults] == 8998)
    #expect(reading.sample[.swapInPages] == 0)
    #expect(reading.sample[.outOfMemoryKills] == 0)
  }

  @Test(arguments: MachineProbe.all.map { "\($0.name)" })
  func `a text cut at any byte or with any byte changed never traps`(name: String) {
    let probe = MachineProbe.named(name)
    let whole = Fixture.bytes("proc/\(probe.file)")
    let roots = KernelRoots(sys: "/nowhere")
    for count in whole.indices { _ = probe.parsed(whole.prefix(count), roots: roots) }
    for index in whole.indices {
      for byte: UInt8 in [0, 0xFF, UInt8(ascii: "\n"), UInt8(ascii: "9")] {
        var changed = whole
        changed[index] = byte
        _ = probe.parsed(changed, roots: roots)
      }
    }
  }
}
