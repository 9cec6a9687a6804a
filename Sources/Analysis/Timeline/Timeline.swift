internal import StripReader
package import StripRecording

/// A recording as a page draws it: curves, spans and what they used over time, in a size that does not grow with the recording.
package struct Timeline: Sendable {
  package var lanes: [Lane] = []
  package var paths: [Path] = []
  package var bands = SpanBands()
  package var sums = RangeSums(from: 0, to: 1, buckets: 1)
  /// CLOCK_BOOTTIME nanoseconds.
  package var start: UInt64 = 0
  package var end: UInt64 = 1

  package init() {}

  /// Curves of one unit over each other.
  package struct Lane: Sendable {
    package enum Kind: Sendable, Equatable {
      case memory, cpu, disk, network, pressure
      /// By the GPU's label: which part of the time it was busy, and its memory.
      case gpu(String), gpuMemory(String)
      case counter(name: String, pid: Int32?)
    }

    package let kind: Kind
    package var series: [Series] = []
    /// What the first one cannot exceed.
    package var limit: Double?
    /// The limit is a quota, which others may leave unused.
    package var isLimitQuota = false
  }

  /// Bytes, CPUs (1: all of one), bytes a second, shares of the time, or the program's own unit, by the kind of lane.
  package struct Series: Sendable {
    package enum Name: Sendable {
      case resident, charged, machineUsed, processes, machine, read, written, received, sent, processorStall,
        memoryStall,
        ioStall, throttled
      case gpuBusy, gpuMemoryBusy, gpuUsed, gpuOwn
      case value
    }

    package let name: Name
    package let strip: Strip
    /// A value holds until the next one.
    package var isHeld = false
  }

  /// One way from an outermost span to one inside it.
  package struct Path: Sendable {
    package let name: String
    /// Its place among the paths.
    package let parent: Int?
    package let isTask: Bool
    /// Its place in ``RecordingSummary/spans``.
    package let usage: Int?
  }

  /// The recording that `summary` is of, read once more. Memory: some MiB, whatever its length. Errors: as
  /// ``Summarizer/summarize(_:)``.
  package static func gather(_ summary: RecordingSummary) throws(RecordingError) -> Timeline {
    var reader = try RecordingReader(summary.path)
    var gatherer = TimelineGatherer(summary)
    _ = try reader.read(&gatherer)
    return gatherer.finished()
  }
}
