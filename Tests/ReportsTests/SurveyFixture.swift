import StripModel

@testable import StripAnalysis

extension SummaryFixture {
  /// A machine whose processes were all looked at: a busy one, workers of one program, one that hides what it writes, one that ended.
  static var surveyedMachine: RecordingSummary {
    var summary = base(wall: 60_000_000_000)
    summary.run.mode = "system"
    summary.run.endReason = "duration"
    summary.machine.busyShare = 0.95
    summary.machine.pageBytes = 4096
    summary.curves.machineCPU.add(0.95, from: start, to: start + 60 * second)
    summary.machineActivity = activity
    summary.machineUse.swapInPages = 0
    summary.machineUse.swapOutPages = 1500
    summary.processes = [
      surveyed(4711, "python3", ["/usr/bin/python3", "train.py"], cpu: 58.3, peak: 900, user: "ada", written: 0),
      surveyed(77, "httpd", ["httpd: worker 1"], cpu: 35.2, peak: 120, user: "www", written: nil),
      surveyed(78, "httpd", ["httpd: worker 2"], cpu: 34.1, peak: 118, user: "www", written: nil),
      surveyed(
        90, "tar", ["tar", "cf", "|evil`.tar", "."], cpu: 0.677, peak: 3, user: "root", written: 700, ended: 31.2),
      surveyed(12, "kworker/0:1", [], cpu: 0.0677, peak: nil, user: "root", written: 0),
    ]
    summary.total.processCount = 312
    var survey = SurveyUse()
    survey.readings = 59
    survey.cpuSeconds = 128.3447
    survey.processesSeen = 312
    survey.processesAtEnd = 301
    survey.processesHidingIO = 2
    survey.otherCPUSeconds = 1.25
    survey.otherWriteBytes = 5 * mebibyte
    survey.rowlessCPUSeconds = 3.4053
    survey.tasksMissedAtMost = 812
    summary.survey = survey
    summary.missing = [77, 78].map {
      MissingFact(pid: $0, probe: "io", reason: "Permission denied", needs: "to run as that user, or CAP_SYS_PTRACE")
    }
    return summary
  }

  private static var activity: MachineActivity {
    var activity = MachineActivity()
    activity.userSeconds = 120
    activity.niceSeconds = 0
    activity.systemSeconds = 13
    activity.idleSeconds = 6.32
    activity.ioWaitSeconds = 0.68
    activity.interruptSeconds = 0
    activity.softInterruptSeconds = 0.4
    activity.stealSeconds = nil
    activity.contextSwitches = 740_740
    activity.forks = 812
    activity.majorFaults = 12
    activity.loads = [3.21, 2.5, 0.967]
    activity.cpuSomePressureSeconds = 41.2
    activity.memorySomePressureSeconds = 0
    activity.memoryFullPressureSeconds = 0
    activity.ioSomePressureSeconds = 1.5
    activity.ioFullPressureSeconds = 0.9
    var disk = MachineActivity.Disk()
    disk.name = "nvme0n1"
    disk.readBytes = 12 * mebibyte
    disk.writeBytes = 720 * mebibyte
    disk.busySeconds = 8.4
    activity.disks = [disk]
    var network = MachineActivity.Network()
    network.name = "eth0"
    network.receivedBytes = 677 * mebibyte
    network.sentBytes = 3 * mebibyte
    network.receiveErrors = 0
    network.sendErrors = 2
    activity.networks = [network]
    activity.busySecondsOfCPUs = [59, 55]
    return activity
  }

  private static func surveyed(
    _ pid: Int32, _ name: String, _ command: [String], cpu: Double, peak: Int64?, user: String, written: Int64?,
    ended: Double? = nil
  ) -> ProcessUsage {
    var process = ProcessUsage()
    process.pid = pid
    process.parentPID = 1
    process.name = name
    process.command = command
    process.user = user
    process.startSeconds = -100
    process.cpuSeconds = cpu
    process.peakResidentBytes = peak.map { $0 * mebibyte }
    process.last[.writeBytes] = written.map { $0 * mebibyte }
    process.last[.readBytes] = written.map { _ in 0 }
    process.hidesIO = written == nil
    process.endSeconds = ended
    process.finalReading = ended.map { _ in "vanished" }
    return process
  }
}
