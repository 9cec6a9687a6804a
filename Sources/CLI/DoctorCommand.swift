internal import ArgumentParser
internal import StripPlatform
internal import StripProbes
internal import StripRecording
internal import StripSampling

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine and user can and cannot record, and the fix for each.",
    discussion: """
      Example:
        stripchart doctor
      """)

  func run() throws {
    var lines: [String] = []
    for check in Checkup.all() {
      lines.append("\(check.isFine ? "yes" : "no ")  \(check.capability)")
      lines.append("       \(check.because)")
      if let fix = check.fix { lines.append("       fix: \(fix)") }
    }
    Console.output(lines.joined(separator: "\n") + "\n")
  }
}

/// One capability: there or not, why, and what to do.
struct Checkup {
  let capability: String
  let isFine: Bool
  let because: String
  let fix: String?

  static func all() -> [Checkup] {
    [
      ownProcess(), otherUsers(), hiddenProcesses(), proportionalMemory(), pressure(), machine(), cycleCounter(),
      lives(), space(), descriptors(),
    ] + stacks() + limits() + gpus()
  }

  private static func error(_ body: () throws(SystemError) -> Void) -> SystemError? {
    do throws(SystemError) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private static func ownProcess() -> Checkup {
    let failure = error { () throws(SystemError) in _ = try FileSystem.contents(of: "/proc/self/stat") }
    return Checkup(
      capability: "CPU, memory, faults and threads of your processes", isFine: failure == nil,
      because: failure.map { "/proc/self/stat: \($0.text)" } ?? "/proc is mounted and readable",
      fix: failure == nil ? nil : "mount -t proc proc /proc")
  }

  private static func otherUsers() -> Checkup {
    let capability = "input/output, PSS and descriptors of other users' processes"
    if Own.user == 0 {
      let failure = error { () throws(SystemError) in _ = try FileSystem.contents(of: "/proc/1/io") }
      return Checkup(
        capability: capability, isFine: failure == nil,
        because: failure.map { "/proc/1/io: \($0.text)" } ?? "you are root and may trace",
        fix: failure == nil ? nil : "give the container CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE)")
    }
    let failure = error { () throws(SystemError) in _ = try FileSystem.contents(of: "/proc/1/io") }
    return Checkup(
      capability: capability, isFine: failure == nil,
      because: failure.map { "/proc/1/io: \($0.text); CPU and RSS of them can be recorded" } ?? "you may trace",
      fix: failure == nil ? nil : "run as their user, or: sudo setcap cap_sys_ptrace+ep \"$(command -v stripchart)\"")
  }

  private static func hiddenProcesses() -> Checkup {
    let failure = error { () throws(SystemError) in _ = try FileStatus.of("/proc/1") }
    return Checkup(
      capability: "see all processes", isFine: failure == nil,
      because: failure == nil
        ? "/proc/1 can be seen" : "/proc is mounted with hidepid: other users' processes are hidden",
      fix: failure == nil ? nil : "mount -o remount,hidepid=0 /proc, or run as root")
  }

  private static func proportionalMemory() -> Checkup {
    let failure = error { () throws(SystemError) in _ = try FileSystem.contents(of: "/proc/self/smaps_rollup") }
    return Checkup(
      capability: "PSS and USS (memory shared with others counted in part)", isFine: failure == nil,
      because: failure.map { "/proc/self/smaps_rollup: \($0.text)" } ?? "/proc/self/smaps_rollup can be read",
      fix: failure == nil ? nil : "a kernel of 4.14 or later with CONFIG_PROC_PAGE_MONITOR")
  }

  private static func pressure() -> Checkup {
    let failure = error { () throws(SystemError) in _ = try FileSystem.contents(of: "/proc/pressure/memory") }
    return Checkup(
      capability: "pressure (PSI): time lost waiting for CPU, memory and disk", isFine: failure == nil,
      because: failure.map { "/proc/pressure/memory: \($0.text)" } ?? "/proc/pressure can be read",
      fix: failure == nil ? nil : "a kernel with CONFIG_PSI, started with psi=1")
  }

  private static func machine() -> Checkup {
    var refused: [String] = []
    if var reader = try? MachineReader() {
      reader.read(through: .seldom)
      refused = reader.refusals.map { "\(MachineProbe.all[$0.probe].name) (\($0.error.text))" }
    } else {
      refused = ["/proc"]
    }
    let isFine = refused.allSatisfy { $0.hasPrefix("pressure") }
    return Checkup(
      capability: "the machine: CPUs, memory, disks, network", isFine: isFine,
      because: isFine ? "all its kernel files can be read" : "cannot be read: " + refused.joined(separator: ", "),
      fix: isFine ? nil : "make these files of /proc visible (a container may mask them)")
  }

  private static func cycleCounter() -> Checkup {
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    let name = (try? FileSystem.contents(of: path)).map { String(decoding: $0.prefix { $0 > 32 }, as: UTF8.self) }
    let isFine = CycleCalibration.isTrusted()
    return Checkup(
      capability: "spans timed by the processor's counter (10 ns instead of 25)", isFine: isFine,
      because: name.map { "the kernel keeps time by \($0)" } ?? "\(path) cannot be read",
      fix: isFine ? nil : "nothing to do: spans ask the kernel for the time; the kernel chooses its clock at boot")
  }

  private static func space() -> Checkup {
    let path = ".stripchart-doctor-\(Own.pid)"
    let failure = error { () throws(SystemError) in
      let file = try Descriptor(opening: path, as: .createNew)
      defer { FileSystem.remove(path) }
      try file.allocate(from: 0, count: 1 << 20)
    }
    return Checkup(
      capability: "write a recording in this folder", isFine: failure == nil,
      because: failure.map { "making a file of 1 MiB: \($0.text)" } ?? "a file of 1 MiB was made and removed",
      fix: failure == nil ? nil : "name a file elsewhere with -o, or free some space")
  }

  private static func descriptors() -> Checkup {
    let (now, most) = Own.descriptorLimit
    let processes = Int(most) / 6
    return Checkup(
      capability: "many processes at once", isFine: processes >= 150,
      because: "\(now) open files, can be raised to \(most): about \(processes) processes with their files kept open",
      fix: processes >= 150 ? nil : "raise the hard limit (ulimit -Hn); beyond it files are opened for each reading")
  }
}
