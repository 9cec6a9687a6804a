import Foundation
import StripModel
import StripPlatform
import StripProbes
import StripReader
import StripRecording
import StripSampling

/// A sampler that reads everything at every tick, and what its recording says.
final class SampledRun {
  let sampler: Sampler
  private let path: String

  init(roots: KernelRoots = KernelRoots(), followsDescendants: Bool = false) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "sampling-\(UUID().uuidString).pftrace").path()
    var options = Sampler.Options()
    options.roots = roots
    options.followsDescendants = followsDescendants
    // So much that no reading is put off because of its cost.
    options.budget = 1_000_000
    let file = try RecordingFile.create(at: path, maximumBytes: 64 << 20, replacing: false)
    sampler = Sampler(file, options: options, facts: [Annotation("mode", text: "test")], title: "test")
  }

  deinit { FileSystem.remove(path) }

  func finish() throws -> Findings {
    sampler.finish(reason: "test", exit: nil)
    var reader = try RecordingReader(path)
    var findings = Findings()
    findings.end = try reader.read(&findings)
    return findings
  }
}

/// What was recorded of each process and of the run.
struct Findings: RecordingVisitor {
  struct Note {
    let name: String
    let track: Int
    let values: [Annotation]

    subscript(name: String) -> Annotation.Value? { values.first { $0.name == name }?.value }
  }

  var end = PacketSource.ReadingEnd.whole
  private var tracks: [Int: Track] = [:]
  private(set) var notes: [Note] = []
  private var values: [Int: [Int64]] = [:]

  mutating func describe(_ track: Track) { tracks[track.index] = track }
  mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
  mutating func end(_ track: Int, at time: UInt64) {}
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) { values[track, default: []].append(value) }
  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    notes.append(Note(name: name, track: track, values: values))
  }
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
  mutating func name(_ number: Int, _ text: String) {}

  func notes(_ name: String, of pid: Int32) -> [Note] {
    notes.filter { $0.name == name && tracks[$0.track]?.kind == .process(pid: pid) }
  }

  func values(_ metric: ProcessMetric, of pid: Int32) -> [Int64]? {
    let track = tracks.values.first { track in
      track.name == "\(metric.metric.name)" && track.parent.flatMap { tracks[$0]?.kind } == .process(pid: pid)
    }
    return track.flatMap { values[$0.index] }
  }

  /// Of the run's counters, which have no process.
  func values(named name: String) -> [Int64]? {
    tracks.values.first { $0.name == name }.flatMap { values[$0.index] }
  }

  /// The values without repetition.
  func changes(_ metric: ProcessMetric, of pid: Int32) -> [Int64]? {
    values(metric, of: pid)?.reduce(into: []) { changes, value in
      if changes.last != value { changes.append(value) }
    }
  }
}
