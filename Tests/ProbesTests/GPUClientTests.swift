import Foundation
import StripGPU
import StripModel
import StripProbes
import Testing

/// `/proc/PID/fdinfo/FD` of graphics devices. The texts are those of drm-usage-stats.rst, proc_pid_fdinfo(5) and the drivers' own
/// documentation.
@Suite struct GPUClientTests {
  private let i915 = """
    pos:    0
    flags:  02100002
    mnt_id: 26
    ino:    284
    drm-driver:     i915
    drm-client-id:  39
    drm-pdev:       0000:00:02.0
    drm-total-system0:      6044 KiB
    drm-shared-system0:     0
    drm-active-system0:     0
    drm-resident-system0:   5000 KiB
    drm-purgeable-system0:  1688 KiB
    drm-total-stolen-system0:       0
    drm-resident-stolen-system0:    4 MiB
    drm-engine-render:      346249 ns
    drm-engine-copy:        10 ns
    drm-engine-video:       0 ns
    drm-engine-capacity-video:      2
    drm-engine-video-enhance:       1 ns

    """

  private let amdgpu = """
    pos:\t0
    drm-driver:\tamdgpu
    drm-client-id:\t8
    drm-pdev:\t0000:03:00.0
    pasid:\t32771
    drm-memory-vram:\t262144 KiB
    drm-memory-gtt: \t2048 KiB
    drm-memory-cpu: \t512 KiB
    amd-requested-vram:\t300000 KiB
    drm-engine-gfx:\t51394850 ns
    drm-engine-compute:\t6 ns

    """

  private let xe = """
    drm-driver: xe
    drm-client-id: 5
    drm-pdev: 0000:00:02.0
    drm-total-system: 1 MiB
    drm-resident-system: 512 KiB
    drm-total-vram0: 3 MiB
    drm-resident-vram0: 2 MiB
    drm-cycles-rcs: 28257900
    drm-total-cycles-rcs: 7655183225
    drm-cycles-bcs: 100
    drm-total-cycles-bcs: 7655183225

    """

  private func parsed(_ text: String) -> DRMClient? { scan(text) { DRMClient($0) } }

  @Test func `an integrated GPU's memory is the machine's`() throws {
    let client = try #require(parsed(i915))
    #expect(client.driver == "i915" && client.pci == "0000:00:02.0" && client.id == 39)
    #expect(client.engineNanoseconds == 346_260, "the capacity of an engine is no time")
    #expect(client.deviceBytes == nil)
    #expect(client.machineBytes == kibibytes(5000 + 4096), "resident, not total")
  }

  @Test func `a card's memory is told apart from the machine's`() throws {
    let client = try #require(parsed(amdgpu))
    #expect(client.deviceBytes == kibibytes(262_144))
    #expect(client.machineBytes == kibibytes(2048), "what lies in the CPU's domain is the process's own")
    #expect(client.engineNanoseconds == 51_394_856)
  }

  @Test func `engines may be counted in cycles`() throws {
    let client = try #require(parsed(xe))
    #expect(client.engineNanoseconds == nil)
    #expect(client.engineCycles == 28_258_000 && client.totalCycles == 7_655_183_225)
    #expect(client.deviceBytes == kibibytes(2048) && client.machineBytes == kibibytes(512))
  }

  @Test func `another descriptor is none, and no cut of a text is a trap`() {
    #expect(parsed("pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t4\n") == nil)
    for text in [i915, amdgpu, xe] { for length in 0..<text.utf8.count { _ = parsed(String(text.prefix(length))) } }
  }
}

/// A tree of sysfs and procfs with graphics cards and processes that use them.
private final class FakeMachine {
  let root = FileManager.default.temporaryDirectory.appending(path: "gpus-\(UUID().uuidString)")
  var roots: KernelRoots { KernelRoots(proc: path("proc"), sys: path("sys"), files: root.path()) }

  init() throws {
    try FileManager.default.createDirectory(at: root.appending(path: "proc"), withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: root) }

  private func path(_ name: String) -> String { root.appending(path: name).path() }

  func write(_ text: String, to name: String) throws {
    let file = root.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func link(_ name: String, to target: String) throws {
    let file = root.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? FileManager.default.removeItem(at: file)
    try FileManager.default.createSymbolicLink(atPath: file.path(), withDestinationPath: target)
  }

  /// `card0` at a place on the PCI bus, with files of its device.
  func card(_ number: Int, driver: String, pci: String, _ files: [String: String]) throws {
    try link("sys/class/drm/card\(number)/device", to: "../../../devices/\(pci)")
    try link("sys/devices/\(pci)/driver", to: "../../bus/pci/drivers/\(driver)")
    for (name, text) in files { try write(text + "\n", to: "sys/devices/\(pci)/\(name)") }
  }

  func client(_ pid: Int32, _ descriptor: Int, _ text: String, device: String = "/dev/dri/renderD128") throws {
    try link("proc/\(pid)/fd/\(descriptor)", to: device)
    try write(text, to: "proc/\(pid)/fdinfo/\(descriptor)")
  }
}

@Suite struct GPUReaderTests {
  private func amd(_ id: Int, vram: Int = 100, gfx: Int = 0, pci: String = "0000:03:00.0") -> String {
    "drm-driver:\tamdgpu\ndrm-client-id:\t\(id)\ndrm-pdev:\t\(pci)\ndrm-memory-vram:\t\(vram) KiB\n"
      + "drm-engine-gfx:\t\(gfx) ns\n"
  }

  @Test func `cards that compute are GPUs, and those that only show pictures are not`() throws {
    let machine = try FakeMachine()
    try machine.card(0, driver: "virtio-pci", pci: "0000:00:01.0", [:])
    try machine.card(1, driver: "simple-framebuffer", pci: "0000:00:05.0", [:])
    try machine.card(
      2, driver: "amdgpu", pci: "0000:03:00.0",
      ["vendor": "0x1002", "device": "0x744c", "mem_info_vram_total": "25753026560", "unique_id": "abc"])
    try machine.card(10, driver: "xe", pci: "0000:00:02.0", ["vendor": "0x8086", "device": "0x7d55"])
    try machine.write("connected\n", to: "sys/class/drm/card2-HDMI-A-1/status")
    let reader = GPUReader(roots: machine.roots, selection: .all)
    let found = reader.devices.filter { !($0.driver ?? "").hasPrefix("nvidia") }
    #expect(found.map(\.name) == ["AMD GPU 744c", "Intel GPU 7d55"])
    #expect(found.map(\.pci) == ["0000:03:00.0", "0000:00:02.0"])
    #expect(found[0].memoryBytes == 25_753_026_560 && found[0].uuid == "abc")
  }

  @Test func `what sysfs says is read, in our units`() throws {
    let machine = try FakeMachine()
    try machine.card(
      0, driver: "amdgpu", pci: "0000:03:00.0",
      [
        "mem_info_vram_total": "8589934592", "mem_info_vram_used": "1073741824", "mem_info_gtt_used": "4096",
        "gpu_busy_percent": "37", "mem_busy_percent": "5", "hwmon/hwmon3/power1_average": "41000000",
        "hwmon/hwmon3/temp1_input": "55000", "hwmon/hwmon3/freq1_input": "1500000000",
        "hwmon/hwmon3/freq2_input": "875000000",
      ])
    var reader = GPUReader(roots: machine.roots, selection: .all)
    let reading = try #require(reader.read([], at: 1, seldom: true).last)
    let expected: [(GPUMetric, Int64)] = [
      (.memory, 1_073_741_824), (.machineMemory, 4096), (.busyShare, 370), (.memoryBusyShare, 50), (.power, 41000),
      (.temperature, 55), (.clock, 1_500_000_000), (.memoryClock, 875_000_000),
    ]
    for (metric, value) in expected { #expect(reading.sample[metric] == value, "\(metric)") }
    #expect(reading.sample[.energy] == nil && reading.sample[.nvlinkSent] == nil)
  }

  @Test func `a sleeping card is not woken`() throws {
    let machine = try FakeMachine()
    try machine.card(
      0, driver: "amdgpu", pci: "0000:03:00.0",
      [
        "mem_info_vram_total": "8589934592", "power/runtime_status": "suspended", "gpu_busy_percent": "99",
        "hwmon/hwmon0/temp1_input": "1",
      ])
    var reader = GPUReader(roots: machine.roots, selection: .all)
    let reading = try #require(reader.read([], at: 1, seldom: true).last)
    #expect(reading.sample[.busyShare] == 0 && reading.sample[.temperature] == nil && reading.sample[.memory] == nil)
  }

  @Test func `a client counts once, however many descriptors and processes share it`() throws {
    let machine = try FakeMachine()
    try machine.card(0, driver: "amdgpu", pci: "0000:03:00.0", [:])
    try machine.client(100, 3, amd(1, vram: 1000))
    try machine.client(100, 4, amd(1, vram: 1000))
    try machine.client(100, 5, amd(2, vram: 10))
    try machine.client(101, 3, amd(1, vram: 1000))
    try machine.client(101, 7, amd(3, vram: 7))
    try machine.client(101, 9, "pos:\t0\n", device: "/tmp/file")
    var reader = GPUReader(roots: machine.roots, selection: .all)
    let processes = try #require(reader.read([101, 100], at: 1, seldom: true).last?.processes)
    let held = Dictionary(uniqueKeysWithValues: processes.map { ($0.pid, $0.sample[.memory] ?? -1) })
    #expect(held == [100: kibibytes(1010), 101: kibibytes(7)])
  }

  @Test func `engine time is counted from the recording's begin, over clients that come and go`() throws {
    let machine = try FakeMachine()
    try machine.card(0, driver: "amdgpu", pci: "0000:03:00.0", [:])
    var reader = GPUReader(roots: machine.roots, selection: .all)
    func engines(at seconds: UInt64) -> Int64? {
      reader.read([100], at: seconds * 1_000_000_000 + 1, seldom: false).last?.processes?.first?.sample[.engineTime]
    }
    try machine.client(100, 3, amd(1, gfx: 5_000_000))
    #expect(engines(at: 0) == 0, "what was before is none of it")
    try machine.client(100, 3, amd(1, gfx: 7_000_000))
    #expect(engines(at: 1) == 2_000_000)
    try machine.client(100, 4, amd(2, gfx: 300_000))
    #expect(engines(at: 2) == 2_300_000, "a new client counts from its own begin")
    try machine.client(100, 3, amd(1, gfx: 6_000_000))
    #expect(engines(at: 3) == 2_300_000, "a count that went down has to catch up first")
    try machine.client(100, 3, amd(1, gfx: 7_500_000))
    #expect(engines(at: 4) == 2_800_000)
  }

  @Test func `clients belong to the card whose place they name`() throws {
    let machine = try FakeMachine()
    try machine.card(0, driver: "amdgpu", pci: "0000:03:00.0", [:])
    try machine.card(1, driver: "amdgpu", pci: "0000:04:00.0", [:])
    try machine.client(7, 3, amd(1, vram: 1, pci: "0000:04:00.0"))
    var reader = GPUReader(roots: machine.roots, selection: .all)
    let readings = reader.read([7], at: 1, seldom: true).suffix(2)
    #expect(readings.first?.processes?.isEmpty == true && readings.last?.processes?.count == 1)
  }

  @Test func `a GPU that is not there is named`() throws {
    let machine = try FakeMachine()
    let reader = GPUReader(roots: machine.roots, selection: .only([63]))
    #expect(reader.refusals.last?.probe == "GPU 63")
  }
}

@Suite struct GPUVisibilityTests {
  private func gpus(_ names: [String] = ["A", "A", "A"]) -> [GPUDevice] {
    names.enumerated().map { index, name in
      var device = GPUDevice(index: index, name: name)
      device.uuid = "GPU-\(index)\(index)\(index)"
      return device
    }
  }

  private func ordinals(_ text: String, order: String? = nil, _ devices: [GPUDevice]) -> [Int?] {
    GPUVisibility(devices: text, order: order).ordinals(of: devices)
  }

  @Test func `it stands in the environment`() {
    let bytes = Array("PATH=/bin\0CUDA_VISIBLE_DEVICES=1,0\0CUDA_DEVICE_ORDER=PCI_BUS_ID\0".utf8)
    #expect(GPUVisibility(environment: bytes) == GPUVisibility(devices: "1,0", order: "PCI_BUS_ID"))
    #expect(GPUVisibility(environment: Array("PATH=/bin\0".utf8)) == nil)
    #expect(GPUVisibility(environment: []) == nil)
  }

  @Test func `numbers and UUIDs give the order`() {
    #expect(ordinals("2,0", gpus()) == [1, nil, 0])
    #expect(ordinals("GPU-11,GPU-2", gpus()) == [nil, 0, 1])
    #expect(ordinals("", gpus()) == [nil, nil, nil])
  }

  @Test func `a negative number ends the list, as it does for CUDA`() {
    #expect(ordinals("1,-1,0", gpus()) == [nil, 0, nil])
  }

  @Test func `numbers of unequal GPUs mean something only in the order of the bus`() {
    #expect(ordinals("0", gpus(["A", "B"])) == [])
    #expect(ordinals("1", order: "PCI_BUS_ID", gpus(["A", "B"])) == [nil, 0])
    #expect(ordinals("GPU-1", gpus(["A", "B"])) == [nil, 0])
  }
}
