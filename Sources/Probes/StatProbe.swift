package import StripModel
internal import StripPlatform

/// proc_pid_stat(5). CPU times in clock ticks (10 ms steps).
extension ProcessProbe {
  static let stat = ProcessProbe(
    name: "stat",
    metrics: [
      .minorFaults, .majorFaults, .userTime, .systemTime, .threads, .childUserTime, .childSystemTime, .childMinorFaults,
      .childMajorFaults, .stoppedTime, .blockedTime,
    ],
    tier: .every, source: .keptFile("stat", StatProbe.parse))
}

package enum StatProbe {
  package static func parse(
    _ text: FieldScanner, into sample: inout ProcessSample, _ state: inout ProcessState
  ) {
    var text = text
    let tick = Machine.nanosecondsPerTick
    guard let pid = text.integer(), text.skip(past: UInt8(ascii: "(")) else { return }
    // Field 2, comm, may hold blanks, brackets and newlines; no later field holds a bracket.
    guard let nameHash = text.hash(upToLast: UInt8(ascii: ")")) else { return }
    text.skipBlanks()
    let letter = text.byte  // 3 state
    text.skip(fields: 1)
    let parent = text.integer()  // 4 ppid
    text.skip(fields: 5)  // 5 pgrp to 9 flags
    sample[.minorFaults] = text.integer()  // 10 minflt
    sample[.childMinorFaults] = text.integer()  // 11 cminflt
    sample[.majorFaults] = text.integer()  // 12 majflt
    sample[.childMajorFaults] = text.integer()  // 13 cmajflt
    sample[.userTime] = text.integer(times: tick)  // 14 utime
    sample[.systemTime] = text.integer(times: tick)  // 15 stime
    sample[.childUserTime] = text.integer(times: tick)  // 16 cutime
    sample[.childSystemTime] = text.integer(times: tick)  // 17 cstime
    text.skip(fields: 2)  // 18 priority, 19 nice
    let threads = text.integer()  // 20 num_threads
    sample[.threads] = threads
    text.skip(fields: 1)  // 21 itrealvalue
    guard let start = text.integer(), let parent else { return }  // 22 starttime
    state.pid = Int32(truncatingIfNeeded: pid)
    state.parent = Int32(truncatingIfNeeded: parent)
    state.state = letter
    state.threads = threads ?? 1
    state.startTicks = UInt64(bitPattern: start)
    state.nameHash = nameHash
    state.exitStatus = nil
    text.skip(fields: 5)  // 23 vsize to 27 endcode
    state.stackStart = text.integer().map { UInt64(bitPattern: $0) } ?? 0  // 28 startstack
    if state.isZombie {
      text.skip(fields: 23)  // 29 kstkesp to 51 env_end
      state.exitStatus = text.integer().map { Int32(truncatingIfNeeded: $0) }  // 52 exit_code
    }
  }
}
