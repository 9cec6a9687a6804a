internal import StripReader
internal import StripRecording

/// What threads and tasks are called in formats of other programs, and how long they can have run.
struct ExportedTracks {
  private(set) var known = KnownTracks()
  /// When processes ended, by PID: one number may have been given out more than once.
  private var ends: [Int32: [UInt64]] = [:]
  private let start: UInt64
  private let end: UInt64

  init(_ summary: RecordingSummary) {
    start = summary.run.start
    end = max(summary.run.end, start)
    for process in summary.processes {
      guard let seconds = process.endSeconds, seconds.magnitude < 1e9 else { continue }
      ends[process.pid, default: []].append(
        start &+ UInt64(bitPattern: Int64((seconds * 1e9).rounded())))
    }
  }

  subscript(track: Int) -> KnownTracks.Facts { known[track] }

  mutating func describe(_ track: Track) { known.describe(track) }

  /// Nanoseconds since the recording began.
  func since(_ time: UInt64) -> Int64 { Int64(bitPattern: time &- start) }

  /// Of a process: its name and number, which tell workers apart.
  func processName(of track: Int) -> String {
    let facts = known[track]
    let name = facts.process.map { known[$0].name } ?? ""
    if facts.knownPID < 0, let inside = facts.namespacePID {
      return "\(Self.joined(name, -1)) (PID \(inside) of another PID namespace)"
    }
    return Self.joined(name, facts.knownPID)
  }

  /// Of a thread as for a process; tasks have names only.
  func threadName(of track: Int) -> String {
    let facts = known[track]
    return facts.isTask ? Self.joined(facts.name, -1) : Self.joined(facts.name, facts.tid)
  }

  private static func joined(_ name: String, _ number: Int32) -> String {
    let name = name.isEmpty ? "(unnamed)" : name
    return number > 0 ? "\(name) \(number)" : name
  }

  /// Until when something that never ended ran on this track, whose last event was at `last`: until its process ended, else until
  /// the recording did.
  func end(of track: Int, after last: UInt64) -> UInt64 {
    let process = ends[known[track].pid]?.filter { $0 >= last }.min()
    return max(process ?? end, last)
  }
}
