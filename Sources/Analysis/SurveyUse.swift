/// What looking at all processes of the machine now and then has found. The processes that stand out are the summary's; these are the
/// sums beside them. All are lower bounds: what comes and goes between two readings is not met.
package struct SurveyUse: Sendable {
  package var readings: Int64 = 0
  /// Of the processes with a row.
  package var cpuSeconds = 0.0
  package var processesSeen: Int64 = 0
  package var processesAtEnd: Int64?
  /// Their input and output was not ours to read.
  package var processesHidingIO: Int64 = 0
  /// Of processes that were seen and used too little to have a row.
  package var otherCPUSeconds = 0.0
  package var otherReadBytes: Int64 = 0
  package var otherWriteBytes: Int64 = 0
  /// CPU time that the machine's tasks used and no process that was seen: of processes that ended between two readings, after their
  /// last one, or that /proc does not show here. `nil`: the machine's is not known.
  package var rowlessCPUSeconds: Double?
  /// Tasks (processes or threads) that the kernel made and that have no row.
  package var tasksMissedAtMost: Int64?

  package init() {}
}
