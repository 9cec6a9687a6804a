package import StripModel
package import StripReader
internal import StripRecording

/// Everything a report says, as values. Seconds are since the recording began unless they say otherwise; `nil` is what the
/// kernel did not offer.
package struct RecordingSummary: Sendable {
  package var path = ""
  package var fileBytes: UInt64 = 0
  package var packets: UInt64 = 0
  package var ending = PacketSource.ReadingEnd.whole
  package var run = RunFacts()
  package var machine = MachineFacts()
  package var machineUse = MachineUse()
  package var machineActivity = MachineActivity()
  /// `nil`: only some processes were recorded, not all of the machine's.
  package var survey: SurveyUse?
  package var processes: [ProcessUsage] = []
  /// What it may not exceed, and how near it came.
  package var limits: [LimitUse] = []
  /// `nil`: no control group limits it, or the recording does not say.
  package var cgroup: CgroupUse?
  /// Limited groups of processes that did not stand where the first one did.
  package var otherCgroups: [OtherCgroupUse] = []
  /// Of processes that are recorded from inside.
  package var heaps: [HeapUse] = []
  /// What the kernel's log says it killed for want of memory meanwhile.
  package var outOfMemoryKills: [OutOfMemoryRecord] = []
  package var total = TotalUsage()
  package var spans: [SpanUsage] = []
  /// Of the processes whose threads were read.
  package var growth: [ProcessGrowth] = []
  package var unmatchedSpanEnds: UInt64 = 0
  /// Functions whose lines were counted, those that took most time first.
  package var functions: [FunctionUsage] = []
  /// `nil`: no call stacks were sampled.
  package var stacks: StackUsage?
  package var counters: [UserCounter] = []
  package var gpus: [GPUUsage] = []
  /// The first ones in the order of time, and how many there were in all.
  package var marks: [UserMark] = []
  package var markCount: UInt64 = 0
  package var libraries: [LibraryUsage] = []
  package var misuses: [Misuse] = []
  package var unmatchedPatterns: [UnmatchedPattern] = []
  package var recorder = RecorderUsage()
  package var missing: [MissingFact] = []
  package var curves = Curves()
}

package struct RunFacts: Sendable {
  package var mode = ""
  package var version = ""
  /// Its first words: a recording holds 3000 bytes of them.
  package var command: [String] = []
  /// How many words it had in all; `nil`: the recording does not say.
  package var commandWords: Int64?
  package var workingDirectory: String?
  package var interval = ""
  /// CLOCK_BOOTTIME nanoseconds of the recording's zero.
  package var start: UInt64 = 0
  package var end: UInt64 = 0
  /// Nanoseconds to add to BOOTTIME for CLOCK_MONOTONIC and for the wall clock.
  package var monotonicOffset: Int64 = 0
  package var realtimeOffset: Int64 = 0
  package var exit: ProgramExit?
  /// Since when the file was full: figures of the end stand in it, what lies between does not.
  package var fullSeconds: Double?
  /// Why the recording ended: "command ended", "interrupted", "duration", "all ended"; `nil`: the recorder was killed.
  package var endReason: String?

  package var wallSeconds: Double { end > start ? Double(end - start) / 1e9 : 0 }
  package var isComplete: Bool { endReason != nil }
}

package struct MachineFacts: Sendable {
  package var host: String?
  package var kernel: String?
  package var cpuModel: String?
  package var physicalCPUs: Int64?
  package var logicalCPUs: Int64?
  package var memoryBytes: Int64?
  package var swapBytes: Int64?
  package var bootSeconds: Int64?
  package var pageBytes: Int64?
  package var container: String?
  /// Share of all CPUs that were busy while recorded, 0 to 1.
  package var busyShare: Double?
  package var leastAvailableBytes: Int64?
}

package struct ProcessUsage: Sendable {
  /// In the recorder's PID namespace; a number that no PID can be where that is unknown.
  package var pid: Int32 = 0
  /// `nil` where it is unknown: the process is one of another PID namespace that the recorder has not seen.
  package var knownPID: Int32? { PlaceholderPID.known(pid) }
  /// In its own PID namespace, where that is not the recorder's and known.
  package var namespacePID: Int32?
  package var parentPID: Int32 = 0
  package var name = ""
  package var command: [String] = []
  package var executable: String?
  package var workingDirectory: String?
  package var userID: Int64?
  package var user: String?
  /// Before zero for a process that was there already.
  package var startSeconds: Double?
  package var firstSeenSeconds = 0.0
  package var endSeconds: Double?
  package var exit: ProgramExit?
  /// `waited`: wait4(2) told; `exit_record`: the kernel's exit record; `zombie`: read after its end; `vanished`: what it used after its
  /// last reading is not in its figures.
  package var finalReading: String?
  package var cpuSeconds: Double?
  package var userSeconds: Double?
  package var systemSeconds: Double?
  package var waitedChildrenUnseenCPUSeconds: Double?
  package var peakResidentBytes: Int64?
  /// What it used since the recording began (counters), or at the end (levels), by metric.
  package var last = ProcessSample()
  package var peaks = ProcessSample()
  /// Threads that ended, or its end itself, may have counted more than readings found.
  package var isSwitchesLowerBound = false
  package var isRunDelayLowerBound = false
  /// Of calls and characters read and written.
  package var isCallsLowerBound = false
  /// It was not ours to read what it reads and writes.
  package var hidesIO = false
  /// What it reads and writes holds that of children that it waited for and that no reading has met.
  package var holdsUnseenChildren = false
  /// The most that it held in its last second, or in the recording's.
  package var lastMemory = HeldMemory()
  /// Its limits by getrlimit(2), where the recording tells them.
  package var limits = ResourceLimits()
}

package struct TotalUsage: Sendable {
  package var cpuSeconds: Double?
  package var userSeconds: Double?
  package var systemSeconds: Double?
  /// The most memory that the living processes held at one tick, pages that several of them share counted once (``Ledger/heldMemory``),
  /// or a single process's own peak where that is greater. Never more than the kernel held for them.
  package var peakResidentBytes: Int64?
  /// The greatest sum of resident sizes at one tick: shared pages count once for each process.
  package var peakResidentSumBytes: Int64?
  package var peakResidentAtSeconds: Double?
  package var usage = ProcessSample()
  package var processCount = 0
  /// Others may have come and gone between two ticks unseen.
  package var isProcessCountLowerBound = false
  /// Children were started that nobody waits for, and some of them may have come and gone unseen: what they used is in nobody's account.
  package var isUsageLowerBound = false
  /// Several processes, some of which lived between two readings: together they may have held more.
  package var isPeakLowerBound = false
  /// Of some process there are only readings, and its threads may have counted more.
  package var isSwitchesLowerBound = false
  package var isRunDelayLowerBound = false
  /// Of calls and characters read and written: of some process that nobody waited for there is no reading at its end.
  package var isCallsLowerBound = false
  package var greatestProcessCount = 0
  /// Processes and threads at one tick.
  package var greatestTaskCount = 0
  /// CPU time of descendants that were waited for and ended between two ticks unseen.
  package var unseenCPUSeconds: Double?
  /// Tasks (processes or threads, of the whole machine) that came and went between two ticks: at most so many were ours.
  package var unseenTasksAtMost: Int64?
}

package struct RecorderUsage: Sendable {
  package var cpuSeconds: Double?
  package var residentBytes: Int64?
  package var ticks: Int64?
  package var late: Int64?
  package var skipped: Int64?
  package var refusedChunks: Int64?
  package var lives = LivesSource()
  package var probes: [ProbeUsage] = []

  package struct ProbeUsage: Sendable {
    package let name: String
    package let reads: Int64
    package let readsPerSecond: Double
    package let meanNanoseconds: Int64
  }
}

package struct MissingFact: Hashable, Sendable {
  package let pid: Int32?
  package let probe: String
  package let reason: String
  package let needs: String?
}

package struct Curves: Sendable {
  /// CPUs used by the recorded processes: 1 is one CPU, all the time.
  package var cpu = Curve(start: 0)
  package var resident = Curve(start: 0)
  /// Bytes a second.
  package var diskRead = Curve(start: 0)
  package var diskWrite = Curve(start: 0)
  /// Share of all of the machine's CPUs.
  package var machineCPU = Curve(start: 0)
  package var processes = Curve(start: 0)
  /// Bytes that count against the memory limit of the control group.
  package var cgroupMemory = Curve(start: 0)
  /// Seconds in each second that the quota kept the group's CPUs from running.
  package var throttled = Curve(start: 0)

  package init(start: UInt64 = 0) {
    cpu = Curve(start: start)
    resident = Curve(start: start)
    diskRead = Curve(start: start)
    diskWrite = Curve(start: start)
    machineCPU = Curve(start: start)
    processes = Curve(start: start)
    cgroupMemory = Curve(start: start)
    throttled = Curve(start: start)
  }
}
