internal import StripAnalysis

/// What the machine did, and what looking at all of its processes has found, in JSON.
struct MachineObjects {
  private let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  /// Members of `machine`.
  func writeActivity(_ json: inout JSONWriter) {
    let activity = summary.machineActivity
    json.member("context_switches", activity.contextSwitches)
    json.member("forks", activity.forks)
    json.member("major_faults", activity.majorFaults)
    json.member("swap_in_pages", summary.machineUse.swapInPages)
    json.member("swap_out_pages", summary.machineUse.swapOutPages)
    json.member("out_of_memory_kills", summary.machineUse.outOfMemoryKills)
    json.key("loads")
    json.array { json in for load in activity.loads { json.value(load) } }
    json.key("cpu_seconds")
    json.object { json in
      for (name, seconds) in [
        ("user", activity.userSeconds), ("nice", activity.niceSeconds), ("system", activity.systemSeconds),
        ("idle", activity.idleSeconds), ("iowait", activity.ioWaitSeconds), ("irq", activity.interruptSeconds),
        ("softirq", activity.softInterruptSeconds), ("steal", activity.stealSeconds),
      ] { json.member(name, seconds) }
    }
    json.key("busy_seconds_of_cpus")
    json.array { json in for seconds in activity.busySecondsOfCPUs { json.value(seconds) } }
    json.key("pressure_seconds")
    json.object { json in
      for (name, seconds) in [
        ("cpu_some", activity.cpuSomePressureSeconds), ("memory_some", activity.memorySomePressureSeconds),
        ("memory_full", activity.memoryFullPressureSeconds), ("io_some", activity.ioSomePressureSeconds),
        ("io_full", activity.ioFullPressureSeconds),
      ] { json.member(name, seconds) }
    }
    json.key("disks")
    json.array { json in for disk in activity.disks { json.object { Self.disk(disk, &$0) } } }
    json.key("networks")
    json.array { json in for network in activity.networks { json.object { Self.network(network, &$0) } } }
  }

  private static func disk(_ disk: MachineActivity.Disk, _ json: inout JSONWriter) {
    json.member("name", disk.name)
    json.member("reads", disk.reads)
    json.member("read_bytes", disk.readBytes)
    json.member("writes", disk.writes)
    json.member("write_bytes", disk.writeBytes)
    json.member("busy_seconds", disk.busySeconds)
  }

  private static func network(_ network: MachineActivity.Network, _ json: inout JSONWriter) {
    json.member("name", network.name)
    json.member("received_bytes", network.receivedBytes)
    json.member("received_packets", network.receivedPackets)
    json.member("receive_errors", network.receiveErrors)
    json.member("sent_bytes", network.sentBytes)
    json.member("sent_packets", network.sentPackets)
    json.member("send_errors", network.sendErrors)
  }

  func writeSurvey(_ json: inout JSONWriter) {
    json.key("survey")
    guard let survey = summary.survey else { return json.null() }
    json.object { json in
      json.key("answer")
      json.value(MachineAnswer(summary).sentences.map { FindingText.plain.sentence($0) })
      json.member("readings", survey.readings)
      json.member("processes_seen_at_least", survey.processesSeen)
      json.member("processes_at_end", survey.processesAtEnd)
      json.member("processes_hiding_io", survey.processesHidingIO)
      json.member("cpu_seconds", survey.cpuSeconds)
      json.member("other_cpu_seconds", survey.otherCPUSeconds)
      json.member("other_read_bytes", survey.otherReadBytes)
      json.member("other_write_bytes", survey.otherWriteBytes)
      json.member("not_seen_cpu_seconds", survey.rowlessCPUSeconds)
      json.member("tasks_without_row_at_most", survey.tasksMissedAtMost)
    }
  }
}
