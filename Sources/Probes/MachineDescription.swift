internal import StripPlatform

/// What the machine is: read once. Allocates.
package struct MachineDescription: Equatable, Sendable {
  package let host: String
  /// uname(2), release: `6.18.44-generic`.
  package let kernel: String
  /// uname(2), machine: `x86_64`, `aarch64`.
  package let architecture: String
  package let cpuModel: String?
  /// Cores, not hyper-threads; `logicalCPUs` where the kernel does not tell them apart.
  package let physicalCPUs: Int
  /// Online, of the machine; a limit may give us fewer.
  package let logicalCPUs: Int
  package let memoryBytes: Int64?
  package let swapBytes: Int64?
  /// proc_stat(5), btime: when the kernel started, realtime, whole seconds.
  package let bootSeconds: Int64?
  package let pageBytes: Int64
  package let container: ContainerHint?
  /// Our own place in the cgroup v2 tree: `/user.slice/…`.
  package let cgroup: String?

  package init(roots: KernelRoots = KernelRoots()) {
    let names = Machine.names()
    host = names.host
    kernel = names.release
    architecture = names.machine
    let information = Self.contents(roots.proc + "/cpuinfo")
    cpuModel = ProcessorList.model(information)
    logicalCPUs = Machine.logicalCPUs
    physicalCPUs = ProcessorList.cores(information) ?? Machine.logicalCPUs
    let memory = Self.contents(roots.proc + "/meminfo")
    memoryBytes = Self.number("MemTotal:", times: 1024, in: memory)
    swapBytes = Self.number("SwapTotal:", times: 1024, in: memory)
    bootSeconds = Self.number("btime ", times: 1, in: Self.contents(roots.proc + "/stat"))
    pageBytes = Machine.pageSize
    cgroup = Self.lines(Self.contents(roots.proc + "/self/cgroup")).first { $0.starts(with: "0::".utf8) }.map {
      String(decoding: $0.dropFirst(3), as: UTF8.self)
    }
    container = ContainerHint(roots: roots)
  }

  private static func number(_ key: StaticString, times unit: Int64, in bytes: [UInt8]) -> Int64? {
    unsafe bytes.withUnsafeBytes { bytes in
      var value: Int64?
      var text = unsafe FieldScanner(bytes)
      while !text.isAtEnd {
        defer { text.skipLine() }
        guard text.take(key) else { continue }
        value = text.integer(times: unit)
        break
      }
      return value
    }
  }

  static func contents(_ path: String) -> [UInt8] { (try? FileSystem.contents(of: path)) ?? [] }
  static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }
}

/// What makes us think that we run in a container; a hint, for a report to say "limits may be the container's".
package enum ContainerHint: Equatable, Sendable {
  /// `/.dockerenv` is there.
  case docker
  /// `/run/.containerenv` is there.
  case podman
  /// The path of the first process's cgroup names an engine.
  case cgroup(String)

  /// For the recording: `docker`, `podman`, `/kubepods.slice/…`.
  package var text: String {
    switch self {
    case .docker: "docker"
    case .podman: "podman"
    case .cgroup(let path): path
    }
  }

  init?(roots: KernelRoots) {
    if (try? FileStatus.of(roots.files + "/.dockerenv")) != nil {
      self = .docker
      return
    }
    if (try? FileStatus.of(roots.files + "/run/.containerenv")) != nil {
      self = .podman
      return
    }
    let engines: [StaticString] = ["docker", "kubepods", "containerd", "libpod", "lxc", "garden", "ecs"]
    for line in MachineDescription.lines(MachineDescription.contents(roots.proc + "/1/cgroup")) {
      // hierarchy:controllers:path
      guard let path = line.split(separator: UInt8(ascii: ":"), maxSplits: 2).last else { continue }
      for part in path.split(separator: UInt8(ascii: "/"))
      where engines.contains(where: { Self.part(part, begins: $0) }) {
        self = .cgroup(String(decoding: path, as: UTF8.self))
        return
      }
    }
    return nil
  }

  private static func part(_ part: ArraySlice<UInt8>, begins name: StaticString) -> Bool {
    // Safe because the count is the literal's own.
    let name = unsafe UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    return unsafe part.starts(with: name)
  }
}
