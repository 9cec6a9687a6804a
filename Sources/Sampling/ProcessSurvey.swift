internal import StripModel
internal import StripPlatform
internal import StripProbes
internal import StripRecording

/// Looks at all processes of the machine at the begin, at the end, and in between as often as a part of the budget allows.
///
/// A process that used more than a trace of anything has a track of its own; the others are summed. What comes and goes between two
/// surveys is not met, and what a process used after its last reading is not known: the figures are lower bounds.
@safe package final class ProcessSurvey {
  private var processes: [SurveyedProcess] = []
  private var indices: [Int32: Int] = [:]
  private var group: CounterGroup?
  private var plan: ReadingPlan.Entry
  private var sample = Sample<SurveyMetric>()
  private var number: UInt64 = 0
  private var seen: Int64 = 0
  /// Of processes that ended and were not recorded one by one.
  private var endedTime: Int64 = 0
  private var endedRead: Int64 = 0
  private var endedWrite: Int64 = 0
  private let buffer: UnsafeMutableRawBufferPointer

  /// CPU time below this, and below a thousandth of the recording's, is a trace.
  private static let traceNanoseconds: Int64 = 5_000_000
  private static let traceBytes: Int64 = 64 << 10
  /// So many with most memory are recorded whatever they do.
  private static let largest = 24

  package init(budget: Double) {
    plan = ReadingPlan.Entry("processes", ProbeSet(), shortest: 1_000_000_000, share: budget * 0.4)
    // Safe because freed only by deinit.
    unsafe buffer = .allocate(byteCount: 4096, alignment: 16)
  }

  deinit { unsafe buffer.deallocate() }

  package var part: SamplerPart {
    SamplerPart { sampler, now in
      if self.plan.isDue(at: now) { self.look(sampler, at: now) }
    } finish: { sampler, now in
      self.look(sampler, at: now)
      sampler.journal.note(
        "probe", at: now, on: sampler.journal.runTrack,
        [
          Annotation("probe", text: "processes"), Annotation("reads", Int64(self.plan.reads)),
          Annotation("nanoseconds", Int64(self.plan.nanoseconds)),
        ])
    }
  }

  private func look(_ sampler: Sampler, at now: UInt64) {
    // By the thread's own clock: on a busy machine the survey waits for a CPU, and that costs nobody anything.
    let start = Clock.threadCPU()
    number += 1
    let proc = sampler.options.roots.proc
    guard let directory = try? Descriptor(opening: proc, as: .directory),
      let names = try? FileSystem.entries(of: proc)
    else { return }
    for name in names {
      // A name that is no number is no process's.
      if let first = name.utf8.first, first &- UInt8(ascii: "0") <= 9, let pid = Int32(name) {
        glance(pid, directory, sampler, at: now)
      }
    }
    for index in processes.indices.reversed() where processes[index].survey != number { end(index, sampler, at: now) }
    recordNotable(sampler, at: now)
    plan.read(in: Clock.threadCPU() - start, at: now, tick: sampler.schedule.interval)
    recordSums(sampler, at: now)
  }

  private func glance(_ pid: Int32, _ proc: borrowing Descriptor, _ sampler: Sampler, at now: UInt64) {
    let hasClock = sampler.options.roots.proc.utf8.elementsEqual("/proc".utf8)
    guard var glance = unsafe ProcessGlance(pid: pid, in: proc, hasClock: hasClock, buffer: buffer) else { return }
    if let index = indices[pid] {
      if processes[index].startTicks == glance.state.startTicks {
        // Who did not run since has read and written nothing since.
        let hasRun = processes[index].last[.cpuTime] != glance.sample[.cpuTime]
        if hasRun, !processes[index].hidesIO {
          processes[index].hidesIO = unsafe !glance.readIO(in: proc, buffer: buffer)
        } else {
          glance.sample.keepIO(of: processes[index].last)
        }
        processes[index].update(glance, survey: number)
        return
      }
      // The number belongs to another process now.
      end(index, sampler, at: now)
    }
    let isReadable = unsafe glance.readIO(in: proc, buffer: buffer)
    var process = SurveyedProcess(glance, at: now, survey: number, since: sampler.startTime)
    process.hidesIO = !isReadable
    seen += 1
    indices[pid] = processes.count
    processes.append(process)
  }

  private func end(_ index: Int, _ sampler: Sampler, at now: UInt64) {
    if processes[index].isRecorded {
      processes[index].end(at: now, in: &sampler.journal)
    } else {
      endedTime &+= processes[index].used(.cpuTime) ?? 0
      endedRead &+= processes[index].used(.readBytes) ?? 0
      endedWrite &+= processes[index].used(.writeBytes) ?? 0
    }
    indices[processes[index].pid] = nil
    // The order of the others does not matter; the last takes the place.
    let last = processes.removeLast()
    if index < processes.count {
      processes[index] = last
      indices[last.pid] = index
    }
  }

  private func recordNotable(_ sampler: Sampler, at now: UInt64) {
    let trace = max(Self.traceNanoseconds, Int64(now - sampler.startTime) / 1000)
    let sizes = processes.compactMap { $0.last[.residentSize] }.sorted(by: >)
    let least = sizes.isEmpty ? 1 : max(1, sizes[min(Self.largest, sizes.count) - 1])
    for index in processes.indices {
      if !processes[index].isRecorded {
        let process = processes[index]
        let children = (process.used(.childUserTime) ?? 0) &+ (process.used(.childSystemTime) ?? 0)
        guard
          process.used(.cpuTime) ?? 0 >= trace || children >= trace || process.last[.residentSize] ?? 0 >= least
            || process.used(.readBytes) ?? 0 >= Self.traceBytes || process.used(.writeBytes) ?? 0 >= Self.traceBytes
        else { continue }
        processes[index].begin(in: &sampler.journal, proc: sampler.options.roots.proc)
      }
      processes[index].record(at: now, in: &sampler.journal, proc: sampler.options.roots.proc)
    }
  }

  private func recordSums(_ sampler: Sampler, at now: UInt64) {
    if group == nil {
      let track = sampler.file.control.nextTrack()
      sampler.journal.track(track, name: "survey")
      group = CounterGroup(
        SurveyMetric.allCases, parent: track, sequence: sampler.file.control.nextCounterSequence())
    }
    sample[.readings] = Int64(plan.reads)
    sample[.cost] = Int64(plan.nanoseconds)
    sample[.seen] = seen
    sample[.alive] = Int64(processes.count)
    sample[.hidden] = Int64(processes.count { $0.hidesIO })
    var sums = (time: endedTime, read: endedRead, write: endedWrite)
    for process in processes where !process.isRecorded {
      sums.time &+= process.used(.cpuTime) ?? 0
      sums.read &+= process.used(.readBytes) ?? 0
      sums.write &+= process.used(.writeBytes) ?? 0
    }
    sample[.otherTime] = sums.time
    sample[.otherReadBytes] = sums.read
    sample[.otherWriteBytes] = sums.write
    sampler.journal.counters(&group!, sample.all, at: now)
  }
}

extension ProcessSample {
  /// What was read last of input and output still holds.
  fileprivate mutating func keepIO(of other: ProcessSample) {
    for metric in [ProcessMetric.readBytes, .writeBytes, .cancelledWriteBytes] { self[metric] = other[metric] }
  }
}
