internal import StripPlatform
internal import StripProbes

/// What `doctor` says of limits: which can be seen, which hold here, and whether a kill can be told.
extension Checkup {
  static func limits() -> [Checkup] {
    [controllers(), inForce(), groupPressure(), kernelLog()]
  }

  private static func controllers() -> Checkup {
    let wanted: [(name: String, version: CgroupVersion?)] = [
      ("memory", CgroupSupport.version(of: "memory")), ("cpu", CgroupSupport.version(of: "cpu")),
      ("pids", CgroupSupport.version(of: "pids")),
    ]
    let missing = wanted.filter { $0.version == nil }.map(\.name)
    let there = wanted.compactMap { name, version in version.map { "\(name) (version \($0.rawValue))" } }
    let because: String
    var fix: String?
    if there.isEmpty {
      because = "no control groups with memory, cpu or pids are mounted"
      fix = "mount -t cgroup2 none /sys/fs/cgroup; for a container: mount /sys/fs/cgroup read-only into it"
    } else if missing.isEmpty {
      because = "mounted: " + there.joined(separator: ", ")
    } else {
      because = "mounted: \(there.joined(separator: ", ")); not: \(missing.joined(separator: ", "))"
      fix =
        missing.contains("memory")
        ? "start the kernel with cgroup_enable=memory, and hand the controllers down (cgroup.subtree_control)"
        : "hand the controllers down (cgroup.subtree_control), or mount them"
    }
    return Checkup(
      capability: "limits of control groups on memory, CPU time and tasks", isFine: missing.isEmpty, because: because,
      fix: fix)
  }

  /// Good news or bad, it is known: so it is no lack.
  private static func inForce() -> Checkup {
    let place: CgroupPlace
    do throws(SystemError) { place = try CgroupPlace(pid: Own.pid) } catch {
      return Checkup(
        capability: "what limits a program that is started here", isFine: false,
        because: "/proc/self/cgroup: \(error.text)", fix: "a kernel with CONFIG_CGROUPS")
    }
    let limits = CgroupLimits(place)
    func told(_ what: String, _ limit: CgroupLimit?, _ amount: (Int64) -> String) -> String? {
      limit.map { "\(what) \(amount($0.value)) (\($0.file) of \(Console.quoted($0.group)))" }
    }
    let bytes = { (value: Int64) in "\(value) bytes" }
    let held = [
      told("memory", limits.memory, bytes), told("memory slowed down from", limits.memoryHigh, bytes),
      told("swap", limits.swap, bytes),
      told("CPU time", limits.processor) { "\(Double($0 / 10_000_000) / 100) CPUs" },
      told("tasks", limits.tasks) { "\($0)" },
    ].compactMap { $0 }
    return Checkup(
      capability: "what limits a program that is started here", isFine: true,
      because: "control group \(Console.quoted(place.name)): "
        + (held.isEmpty ? "nothing but the machine itself" : held.joined(separator: ", ")), fix: nil)
  }

  private static func groupPressure() -> Checkup {
    let capability = "pressure (PSI) of the control group"
    guard CgroupSupport.hasSecond() else {
      return Checkup(
        capability: capability, isFine: false, because: "version 2 of control groups is not mounted",
        fix:
          "start the machine with systemd.unified_cgroup_hierarchy=1; the machine's own pressure is recorded all the same"
      )
    }
    guard let unified = (try? CgroupPlace(pid: Own.pid))?.unified?.levels.first else {
      return Checkup(
        capability: capability, isFine: true,
        because: "a program started here stands in the root group, whose pressure is the machine's", fix: nil)
    }
    let path = unified.directory + "/memory.pressure"
    let failure: SystemError?
    do throws(SystemError) {
      _ = try FileSystem.contents(of: path)
      failure = nil
    } catch { failure = error }
    return Checkup(
      capability: capability, isFine: failure == nil,
      because: failure.map { "\(path): \($0.text)" } ?? "\(path) can be read",
      fix: failure == nil ? nil : "a kernel of 5.2 or later with CONFIG_PSI, started with psi=1")
  }

  private static func kernelLog() -> Checkup {
    let failure: SystemError?
    do throws(SystemError) {
      _ = try KernelLog.kills(since: .max)
      failure = nil
    } catch { failure = error }
    return Checkup(
      capability: "the kernel's log: whom it killed for want of memory", isFine: failure == nil,
      because: failure.map {
        "/dev/kmsg: \($0.text); that something was killed is counted in the control group all the same"
      }
        ?? "/dev/kmsg can be read",
      fix: failure == nil
        ? nil
        : failure?.isDenied ?? false
          ? "sudo sysctl kernel.dmesg_restrict=0, or: sudo setcap cap_syslog+ep \"$(command -v stripchart)\""
          : "for a container: --device /dev/kmsg")
  }
}
