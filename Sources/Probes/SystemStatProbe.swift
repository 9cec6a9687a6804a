internal import StripModel
internal import StripPlatform

/// proc_stat(5): clock ticks since boot of all CPUs and of each.
extension MachineProbe {
  static let systemStat = MachineProbe(
    name: "stat", file: "stat", subject: .processors, tier: .every,
    metrics: [
      .userTime, .niceTime, .systemTime, .idleTime, .waitTime, .interruptTime, .softInterruptTime, .stolenTime,
      .contextSwitches, .forks, .runningTasks, .blockedTasks,
    ],
    parse: SystemStatProbe.parse)
}

package enum SystemStatProbe {
  /// NR_CPUS of the largest kernels; a number above it is not a CPU.
  private static let mostCPUs = 8192

  package static func parse(_ text: FieldScanner, into reading: inout MachineReading) {
    var text = text
    while !text.isAtEnd {
      defer { text.skipLine() }
      switch text.byte {
      case UInt8(ascii: "c"):
        if text.take("cpu") {
          cpuLine(&text, &reading)
        } else if text.take("ctxt ") {
          reading.sample[.contextSwitches] = text.integer()
        }
      case UInt8(ascii: "p"):
        if text.take("processes ") {
          reading.sample[.forks] = text.integer()
        } else if text.take("procs_running ") {
          reading.sample[.runningTasks] = text.integer()
        } else if text.take("procs_blocked ") {
          reading.sample[.blockedTasks] = text.integer()
          return  // only softirq follows, and it is long
        }
      default: break
      }
    }
  }

  /// `user nice system idle iowait irq softirq steal guest guest_nice`; guest is contained in user, guest_nice in nice.
  @inline(__always)
  private static func cpuLine(_ line: inout FieldScanner, _ reading: inout MachineReading) {
    let tick = Machine.nanosecondsPerTick
    if line.byte == UInt8(ascii: " ") {
      reading.sample[.userTime] = line.integer(times: tick)
      reading.sample[.niceTime] = line.integer(times: tick)
      reading.sample[.systemTime] = line.integer(times: tick)
      reading.sample[.idleTime] = line.integer(times: tick)
      reading.sample[.waitTime] = line.integer(times: tick)
      reading.sample[.interruptTime] = line.integer(times: tick)
      reading.sample[.softInterruptTime] = line.integer(times: tick)
      reading.sample[.stolenTime] = line.integer(times: tick)
      return
    }
    guard let number = line.integer(), number >= 0, number < Int64(mostCPUs) else { return }
    var busy: Int64 = 0
    for field in 0..<8 {
      guard let ticks = line.integer() else { return }
      if field != 3 && field != 4 { busy = added(busy, ticks) }
    }
    while reading.cpus.count <= Int(number) { reading.cpus.append(Sample()) }
    reading.cpus[Int(number)][.busyTime] = scaled(busy, by: tick)
  }
}
