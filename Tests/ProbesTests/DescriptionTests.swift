import Foundation
import StripPlatform
import StripProbes
import Testing

struct ProcessDescriptionTests {
  @Test func `this process is described`() throws {
    let own = try ProcessDescription(pid: Own.pid)
    #expect(own.command == Own.processName())
    #expect(own.arguments == CommandLine.arguments)
    #expect(own.executable == (try FileSystem.link("/proc/self/exe")))
    #expect(own.workingDirectory == FileManager.default.currentDirectoryPath)
    #expect(own.user == Own.user)
    #expect(own.parent == getppid())
  }

  @Test func `a reader describes the process that it holds`() throws {
    let reader = try ProcessReader(pid: Own.pid)
    #expect(reader.description() == (try ProcessDescription(pid: Own.pid)))
  }

  @Test func `a kernel thread is named in brackets`() throws {
    let thread = try ProcessDescription(pid: 2, root: Fixture.root + "/proc")
    #expect(thread.arguments == ["[kthreadd]"])
    #expect(thread.executable == nil)
    #expect(thread.parent == 0)
  }

  @Test func `empty arguments stay, the padding of a rewritten title goes`() throws {
    let files = [
      "1/cmdline": "a\u{0}\u{0}b c\u{0}", "2/cmdline": "title\u{0}\u{0}\u{0}\u{0}", "3/cmdline": "no end",
      "4/comm": "x\n",
    ]
    try Fixture.withTree(files) { root in
      #expect(try ProcessDescription(pid: 1, root: root).arguments == ["a", "", "b c"])
      #expect(try ProcessDescription(pid: 2, root: root).arguments == ["title"])
      #expect(try ProcessDescription(pid: 3, root: root).arguments == ["no end"])
      let bare = try ProcessDescription(pid: 4, root: root)
      #expect(bare.command == "x")
      #expect(bare.arguments == nil)
      #expect(bare.user == nil)
    }
  }

  @Test func `no such process is an error`() {
    #expect(throws: SystemError(code: 2, call: "openat")) { try ProcessDescription(pid: .max) }
  }
}

struct MachineDescriptionTests {
  @Test func `memory is what sysinfo says`() throws {
    // Glibc's Swift module leaves sysinfo(2) out. Longs: uptime, three loads, total RAM, …, total swap, …; the unit at byte 104.
    typealias Call = @convention(c) (UnsafeMutableRawPointer) -> Int32
    let symbol = try #require(dlsym(nil, "sysinfo"))
    let information = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 8)
    defer { information.deallocate() }
    #expect(unsafeBitCast(symbol, to: Call.self)(information) == 0)
    let unit = Int64(information.load(fromByteOffset: 104, as: UInt32.self))
    let machine = MachineDescription()
    #expect(machine.memoryBytes == information.load(fromByteOffset: 32, as: Int64.self) * unit)
    #expect(machine.swapBytes == information.load(fromByteOffset: 64, as: Int64.self) * unit)
  }

  @Test func `the boot is as long ago as the boot clock says`() throws {
    let boot = try #require(MachineDescription().bootSeconds)
    #expect(abs(Int64((Clock.realtime() - Clock.boottime()) / 1_000_000_000) - boot) <= 1)
  }

  @Test func `a captured machine is described`() {
    let machine = MachineDescription(roots: Fixture.roots)
    #expect(machine.cpuModel == "AMD EPYC")
    #expect(machine.physicalCPUs == 2)
    #expect(machine.memoryBytes == kibibytes(24_684_092))
    #expect(machine.swapBytes == 0)
    #expect(machine.bootSeconds == 1_795_339_097)
    #expect(machine.cgroup == "/")
    #expect(machine.container == nil)
  }

  @Test func `hyper-threads are one core`() throws {
    var text = ""
    for processor in 0..<8 {
      text += "processor\t: \(processor)\nphysical id\t: \(processor / 4)\ncore id\t\t: \(processor % 2)\n\n"
    }
    try Fixture.withTree(["cpuinfo": text]) { root in
      #expect(MachineDescription(roots: KernelRoots(proc: root, sys: root, files: root)).physicalCPUs == 4)
    }
  }

  @Test func `an ARM without a name is known by its part`() throws {
    let text = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n"
    try Fixture.withTree(["cpuinfo": text]) { root in
      let machine = MachineDescription(roots: KernelRoots(proc: root, sys: root, files: root))
      #expect(machine.cpuModel == "ARM implementer 0x41 part 0xd0c")
      #expect(machine.physicalCPUs == machine.logicalCPUs)
      #expect(machine.memoryBytes == nil)
    }
  }

  @Test func `a container is noticed by each of its marks`() throws {
    func hint(_ files: [String: String]) throws -> ContainerHint? {
      try Fixture.withTree(files) {
        MachineDescription(roots: KernelRoots(proc: $0 + "/proc", sys: $0, files: $0)).container
      }
    }
    #expect(try hint([".dockerenv": ""]) == .docker)
    #expect(try hint(["run/.containerenv": ""]) == .podman)
    #expect(
      try hint(["proc/1/cgroup": "0::/system.slice/docker-abc.scope\n"]) == .cgroup("/system.slice/docker-abc.scope"))
    #expect(try hint(["proc/1/cgroup": "0::/init.scope\n"]) == nil)
    #expect(try hint([".dockerenv": ""])?.text == "docker")
    #expect(try hint(["proc/1/cgroup": "0::/kubepods/pod1\n"])?.text == "/kubepods/pod1")
  }
}
