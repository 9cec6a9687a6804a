package import StripPlatform

/// The two interfaces of control groups; both may be mounted at once, each controller in one of them.
package enum CgroupVersion: UInt8, Sendable { case first = 1, second }

/// The groups of one controller that a process stands in, its own first, then outwards to the last that we can see.
package struct CgroupBranch: Sendable {
  package struct Level: Sendable {
    /// As /proc/PID/cgroup has it: `/user.slice/job`.
    package let name: String
    /// Where its files are.
    package let directory: String
  }

  package let version: CgroupVersion
  package let levels: [Level]
}

/// Where in the trees of control groups a process stands: cgroups(7), proc_pid_cgroup(5).
///
/// The directories are those of the recorder's own mounts, which is where it can open them; the mount's root (proc_pid_mountinfo(5),
/// field 4) is taken off the path, since inside a container the tree begins at the container's own group. Read at the start and when
/// the process has moved. Allocates; two files and a few stat(2) a level.
package struct CgroupPlace: Sendable {
  package let memory: CgroupBranch?
  package let processor: CgroupBranch?
  package let tasks: CgroupBranch?
  package let storage: CgroupBranch?
  /// Of version 2: where the pressure of the group is told.
  package let unified: CgroupBranch?
  /// What /proc/PID/cgroup said.
  package let text: [UInt8]

  /// Errors: ENOENT when there is no such process, or the kernel has no control groups.
  package init(pid: Int32, roots: KernelRoots = KernelRoots()) throws(SystemError) {
    self.init(text: try FileSystem.contents(of: "\(roots.proc)/\(pid)/cgroup"), roots: roots)
  }

  /// Of a process whose /proc/PID/cgroup has been read.
  package init(text: [UInt8], roots: KernelRoots = KernelRoots()) {
    let mounts = CgroupMount.all(in: (try? FileSystem.contents(of: roots.proc + "/self/mountinfo")) ?? [])
    self.init(text, mounts, files: roots.files)
  }

  init(_ text: [UInt8], _ mounts: [CgroupMount], files: String) {
    self.text = text
    let memberships = MachineDescription.lines(text).compactMap(Membership.init)
    func branch(_ controller: StaticString, _ markers: [StaticString]) -> CgroupBranch? {
      let first = memberships.first { $0.has(controller) }
      guard let membership = first ?? memberships.first(where: { $0.isUnified }) else { return nil }
      let mount = mounts.first { mount in
        first == nil ? mount.version == .second : mount.version == .first && mount.has(controller)
      }
      return Self.branch(membership, mount, markers, files)
    }
    memory = branch("memory", ["memory.current", "memory.usage_in_bytes"])
    processor = branch("cpu", ["cpu.max", "cpu.cfs_quota_us"])
    tasks = branch("pids", ["pids.current"])
    storage = branch("blkio", ["io.stat", "blkio.throttle.io_service_bytes"])
    let second = mounts.first { $0.version == .second }
    // The root's files tell of the whole machine, and it alone has no type.
    unified = memberships.first(where: { $0.isUnified }).flatMap { Self.branch($0, second, ["cgroup.type"], files) }
  }

  /// What /proc/PID/cgroup says now. `nil`: it cannot be read, or the process is ending, when version 1 shows the root whatever its
  /// group was (kernel/cgroup/cgroup.c, proc_cgroup_show). `known`: what it said before; only when it differs is more than one file read.
  package static func text(of pid: Int32, known: [UInt8], proc: String) -> [UInt8]? {
    guard let text = try? FileSystem.contents(of: "\(proc)/\(pid)/cgroup") else { return nil }
    if text == known { return text }
    // proc_pid_stat(5), field 9 flags: PF_EXITING.
    let isExiting: Bool? = (try? FileSystem.contents(of: "\(proc)/\(pid)/stat")).flatMap { bytes in
      unsafe bytes.withUnsafeBytes { bytes in
        var stat = unsafe FieldScanner(bytes)
        guard stat.skip(pastLast: UInt8(ascii: ")")) else { return nil }
        stat.skip(fields: 6)
        return stat.integer().map { $0 & 0x4 != 0 }
      }
    }
    return isExiting == false ? text : nil
  }

  /// What to call it: the group of the controller that matters most.
  package var name: String { (memory ?? processor ?? unified ?? tasks)?.levels.first?.name ?? "/" }

  /// The same from the text alone: the memory controller's group, or that of version 2.
  package static func name(in text: [UInt8]) -> String? {
    let memberships = MachineDescription.lines(text).compactMap(Membership.init)
    let membership = memberships.first { $0.has("memory") } ?? memberships.first(where: { $0.isUnified })
    return membership.map { String(decoding: $0.path, as: UTF8.self) }
  }

  /// `v1`, `v2`, or both.
  package var versions: String {
    let branches = [memory, processor, tasks, unified]
    let hasFirst = branches.contains { $0?.version == .first }
    let hasSecond = branches.contains { $0?.version == .second }
    return hasFirst ? (hasSecond ? "v1 and v2" : "v1") : "v2"
  }

  /// One line of proc_pid_cgroup(5): `4:memory:/docker/0ab`, of version 2 `0::/user.slice`.
  private struct Membership {
    let controllers: [ArraySlice<UInt8>]
    let path: ArraySlice<UInt8>
    /// The group is gone; its processes are not.
    let isDeleted: Bool

    init?(_ line: ArraySlice<UInt8>) {
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3, fields[2].first == UInt8(ascii: "/") else { return nil }
      controllers = fields[1].split(separator: UInt8(ascii: ","))
      let suffix = Array(" (deleted)".utf8)
      isDeleted = fields[2].suffix(suffix.count).elementsEqual(suffix)
      path = isDeleted ? fields[2].dropLast(suffix.count) : fields[2]
    }

    var isUnified: Bool { controllers.isEmpty }
    func has(_ controller: StaticString) -> Bool { controllers.contains { same($0, controller) } }
  }

  /// `markers`: a group that has none of these files has not this controller.
  private static func branch(
    _ membership: Membership, _ mount: CgroupMount?, _ markers: [StaticString], _ files: String
  ) -> CgroupBranch? {
    guard let mount, !membership.isDeleted else { return nil }
    let slash = UInt8(ascii: "/")
    var parts = membership.path.split(separator: slash)
    let root = mount.root.split(separator: slash)
    // Not below what is mounted here: the files that we see are those of the mount's root, and hold for us if not for it.
    let isInside = parts.count >= root.count && parts.prefix(root.count).elementsEqual(root) { $0.elementsEqual($1) }
    if !isInside {
      // A path with `..` lies outside of our namespace.
      guard root.isEmpty, !parts.contains(where: { $0.elementsEqual([0x2E, 0x2E]) }) else { return nil }
    }
    let point = files + String(decoding: mount.point, as: UTF8.self)
    var levels: [CgroupBranch.Level] = []
    while true {
      let inside = parts.dropFirst(root.count).map { "/" + String(decoding: $0, as: UTF8.self) }.joined()
      let name = parts.map { "/" + String(decoding: $0, as: UTF8.self) }.joined()
      let directory = point + inside
      func has(_ file: StaticString) -> Bool { (try? FileStatus.of("\(directory)/\(file)")) != nil }
      // The root of version 1, which alone has a release agent, tells of the whole machine.
      if markers.contains(where: has), !has("release_agent") {
        levels.append(.init(name: name.isEmpty ? "/" : name, directory: directory))
      }
      if parts.count <= root.count { break }
      parts.removeLast()
    }
    return levels.isEmpty ? nil : CgroupBranch(version: mount.version, levels: levels)
  }
}

/// A mounted tree of control groups.
struct CgroupMount {
  let version: CgroupVersion
  let controllers: [ArraySlice<UInt8>]
  /// Which group of the whole tree is mounted there.
  let root: [UInt8]
  let point: [UInt8]

  func has(_ controller: StaticString) -> Bool { controllers.contains { same($0, controller) } }

  /// Those of a proc_pid_mountinfo(5).
  static func all(in text: [UInt8]) -> [CgroupMount] { MachineDescription.lines(text).compactMap(CgroupMount.init) }

  /// `35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory`
  private init?(_ line: ArraySlice<UInt8>) {
    let fields = line.split(separator: UInt8(ascii: " "))
    guard let dash = fields.firstIndex(where: { $0.elementsEqual([0x2D]) }), dash >= 6, fields.count > dash + 1
    else { return nil }
    if same(fields[dash + 1], "cgroup2") {
      version = .second
    } else if same(fields[dash + 1], "cgroup") {
      version = .first
    } else {
      return nil
    }
    controllers = fields.count > dash + 3 ? fields[dash + 3].split(separator: UInt8(ascii: ",")) : []
    root = Self.unescaped(fields[3])
    point = Self.unescaped(fields[4])
  }

  /// Blanks and backslashes stand as `\040`.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    let bytes = Array(field)
    guard bytes.contains(0x5C) else { return bytes }
    var plain: [UInt8] = []
    var at = 0
    while at < bytes.count {
      let digits = bytes[at...].dropFirst().prefix(3)
      if bytes[at] == 0x5C, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
        plain.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }))
        at += 4
      } else {
        plain.append(bytes[at])
        at += 1
      }
    }
    return plain
  }
}

/// Are they the same bytes?
func same(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
  // Safe because the count is the literal's own.
  let text = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  return unsafe bytes.elementsEqual(text)
}
