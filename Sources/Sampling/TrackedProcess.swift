internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// One process that is being recorded: its open kernel files, its last reading, its tracks.
package final class TrackedProcess {
  package let pid: Int32
  package let track: UInt64
  var reader: ProcessReader
  var sample = ProcessSample()
  var parent: Int32
  let startTicks: UInt64
  private var nameHash: UInt64
  private var groups: [CounterGroup]
  /// When its command line is read again: a program that was just forked has its parent's.
  var describeAgain: UInt64?
  var knownRefusals = 0
  var surroundings = ProcessSurroundings()
  /// What exit records told of its threads; empty without them.
  var exited = ProcessSample()
  var exitStatus: Int32?
  var exitName: [UInt8] = []
  /// Its last thread's record has come.
  var hasExited = false
  var isVanished = false
  /// The tick at which its signal masks were read for its children's sake.
  var signalsTick: UInt64 = .max
  var ignoredChildren = false
  /// Its place among all that were ever recorded.
  let number: UInt64
  /// Where its program's stack starts, when that was last described; it tells one program from the next.
  private(set) var stackStart: UInt64
  /// What the recording says of it.
  var description: ProcessDescription?

  /// What shares a packet; what changes most comes first, since unchanged values at the end are left out.
  private static let groupMetrics: [[ProcessMetric]] = [
    [
      .cpuTime, .residentSize, .minorFaults, .userTime, .systemTime, .virtualSize, .threads, .majorFaults,
      .shareableSize,
    ],
    [.childUserTime, .childSystemTime, .childMinorFaults, .childMajorFaults],
    [.writeCalls, .writeCharacters, .readCalls, .readCharacters, .writeBytes, .readBytes, .cancelledWriteBytes],
    [
      .voluntarySwitches, .involuntarySwitches, .anonymousSize, .peakResidentSize, .fileSize, .sharedSize, .swapSize,
      .descriptors, .hugePagesSize,
    ],
    [.runDelay, .stoppedTime, .blockedTime],
    [
      .proportionalSize, .uniqueSize, .proportionalAnonymousSize, .proportionalFileSize, .proportionalSharedSize,
      .proportionalSwapSize,
    ],
  ]

  init(_ reader: consuming ProcessReader, number: UInt64, file: RecordingFile) {
    self.number = number
    stackStart = reader.state.stackStart
    pid = reader.pid
    parent = reader.state.parent
    startTicks = reader.state.startTicks
    nameHash = reader.state.nameHash
    self.reader = reader
    let track = file.control.nextTrack()
    self.track = track
    groups = Self.groupMetrics.map {
      CounterGroup($0, parent: track, sequence: file.control.nextCounterSequence())
    }
  }

  var state: ProcessState { reader.state }

  /// `true` once after the process's short name has changed: another program was executed.
  func hasNewName() -> Bool {
    if reader.state.nameHash == nameHash { return false }
    nameHash = reader.state.nameHash
    return true
  }

  /// `true` once after it has executed a program.
  func hasExecuted() -> Bool {
    if reader.state.stackStart == stackStart || reader.state.stackStart == 0 { return false }
    stackStart = reader.state.stackStart
    return true
  }

  /// Reads what signals it ignores.
  @unsafe func readSignals(buffer: UnsafeMutableRawBufferPointer) {
    _ = unsafe reader.read(ProcessProbe.giving([.peakResidentSize]), into: &sample, buffer: buffer)
  }

  func record(at time: UInt64, in journal: inout Journal) {
    for index in groups.indices { journal.counters(&groups[index], sample.all, at: time) }
  }

  func end(at time: UInt64, in journal: inout Journal) {
    for index in groups.indices { journal.end(&groups[index], at: time) }
  }
}
