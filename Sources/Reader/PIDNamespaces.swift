internal import StripRecording

/// Which process of the sampler's a span writer in another PID namespace is.
///
/// Fed with a whole recording, as a writer may say who it is before the sampler has seen it. A process that cannot be recognized, or
/// that two might be, stays unknown: the wrong name is worse than none.
struct PIDNamespaces: RecordingVisitor {
  private struct Writer {
    let process: NamespacedProcess
    let joined: UInt64
    var recorderPID: Int32?
  }

  private struct Candidate {
    let pid: Int32
    var process: NamespacedProcess
    var ended: UInt64?
  }

  /// A process that came and went between two ticks, as the kernel's exit record has it: without its PIDs further in.
  private struct Life {
    let pid: Int32
    let name: String
    let elapsedNanoseconds: UInt64
    /// When its record was read: the end is before.
    let noted: UInt64
  }

  private var writers: [Int32: Writer] = [:]
  private var candidates: [Candidate] = []
  /// By track; PIDs are given out again, tracks are not.
  private var places: [Int: Int] = [:]
  private var lives: [Life] = []
  /// What writers' tracks call them.
  private var names: [Int32: String] = [:]

  /// What the process calls itself.
  func ownPID(of placeholder: Int32) -> Int32? { writers[placeholder]?.process.ownPID }

  /// What the sampler calls it.
  func recorderPID(of placeholder: Int32) -> Int32? { writers[placeholder]?.recorderPID }

  mutating func match() {
    /// How many writers each candidate was taken for by no more than its PID and its life.
    var guesses = [Int](repeating: 0, count: candidates.count)
    var found: [(placeholder: Int32, candidate: Int, isGuess: Bool)] = []
    for (placeholder, writer) in writers {
      let same = candidates.indices.filter { Self.isSame(writer, candidates[$0]) }
      guard same.count == 1 else { continue }
      let isGuess = writer.process.isKnownByPIDAlone
      if isGuess { guesses[same[0]] += 1 }
      found.append((placeholder, same[0], isGuess))
    }
    for match in found where !match.isGuess || guesses[match.candidate] == 1 {
      writers[match.placeholder]?.recorderPID = candidates[match.candidate].pid
    }
    matchLives()
  }

  /// Exit records are complete, so a writer that no tick met is among them; it is found if only one fits it, and it alone.
  private mutating func matchLives() {
    var found: [(placeholder: Int32, life: Int)] = []
    var counts = [Int](repeating: 0, count: lives.count)
    for (placeholder, writer) in writers where writer.recorderPID == nil {
      let same = lives.indices.filter { isSame(placeholder, writer, lives[$0]) }
      for life in same { counts[life] += 1 }
      if same.count == 1 { found.append((placeholder, same[0])) }
    }
    for match in found where counts[match.life] == 1 {
      writers[match.placeholder]?.recorderPID = lives[match.life].pid
    }
  }

  private func isSame(_ placeholder: Int32, _ writer: Writer, _ life: Life) -> Bool {
    guard let start = writer.process.startNanoseconds, names[placeholder] == life.name else { return false }
    // The start is rounded down to the kernel's tick.
    let tick: UInt64 = 10_000_000
    let end = UInt64(bitPattern: start) &+ life.elapsedNanoseconds
    return end &+ tick >= writer.joined && end <= life.noted
  }

  private static func isSame(_ writer: Writer, _ candidate: Candidate) -> Bool {
    let (inside, outside) = (writer.process, candidate.process)
    if let inode = inside.inode, let other = outside.inode { return inode == other }
    guard inside.ownPID == outside.ownPID else { return false }
    // In a namespace that is known to be another one, a process of the recorder's own is not meant.
    if let namespace = inside.namespace {
      if outside.pids.count < 2 { return false }
      if let other = outside.namespace, other != namespace { return false }
    }
    if let start = inside.startNanoseconds, let other = outside.startNanoseconds, start != other { return false }
    let common = min(inside.pids.count, outside.pids.count)
    guard inside.pids.suffix(common) == outside.pids.suffix(common) else { return false }
    // The kernel rounds a start down to its tick.
    let isBorn = outside.startNanoseconds.map { UInt64(bitPattern: $0) <= writer.joined } ?? true
    return isBorn && candidate.ended.map { writer.joined <= $0 } ?? true
  }

  // MARK: what the recording says

  mutating func note(_ name: String, on track: Int, at time: UInt64, _ values: [Annotation]) {
    switch name {
    case "namespace":
      guard let placeholder = values.pid("process_id"), writers[placeholder] == nil else { return }
      writers[placeholder] = Writer(process: NamespacedProcess(values), joined: time)
    case "process":
      guard let pid = values.pid("pid"), places[track] == nil else { return }
      var process = NamespacedProcess(values)
      if process.pids.isEmpty { process.pids = [pid] }
      places[track] = candidates.count
      candidates.append(Candidate(pid: pid, process: process))
    case "life":
      guard let pid = values.pid("pid"), let start = values.integer("start_ns"), let end = values.integer("end_ns"),
        end >= start
      else { return }
      for case .text(let name) in values.values("name") {
        lives.append(Life(pid: pid, name: name, elapsedNanoseconds: UInt64(bitPattern: end &- start), noted: time))
      }
    case "process ended": places[track].map { candidates[$0].ended = time }
    default: break
    }
  }

  mutating func describe(_ track: Track) {
    if case .process(let pid) = track.kind, PlaceholderPID.contains(pid) { names[pid] = track.name }
  }

  mutating func begin(_ track: Int, name: Int, at time: UInt64) {}
  mutating func end(_ track: Int, at time: UInt64) {}
  mutating func count(_ track: Int, _ value: Int64, at time: UInt64) {}
  mutating func clocks(boottime: UInt64, monotonic: UInt64?, realtime: UInt64?) {}
  mutating func name(_ number: Int, _ text: String) {}
}

extension NamespacedProcess {
  /// It had no /proc, and the kernel or a filter of system calls kept the rest.
  fileprivate var isKnownByPIDAlone: Bool { namespace == nil && inode == nil && startNanoseconds == nil }

  /// What a note says.
  fileprivate init(_ values: [Annotation]) {
    var pids: [Int32] = []
    for case .text(let text) in values.values("namespace_pids") {
      pids = text.split(separator: " ").compactMap { Int32($0) }
    }
    self.init(
      pids: pids, namespace: values.integer("pid_namespace").map { UInt64(bitPattern: $0) },
      inode: values.integer("process_inode").map { UInt64(bitPattern: $0) },
      startNanoseconds: values.integer("start_ns"))
  }
}

extension [Annotation] {
  fileprivate func values(_ name: String) -> [Annotation.Value] {
    compactMap { $0.name == name ? $0.value : nil }
  }

  fileprivate func integer(_ name: String) -> Int64? {
    for case .integer(let value) in values(name) { return value }
    return nil
  }

  fileprivate func pid(_ name: String) -> Int32? { integer(name).flatMap { Int32(exactly: $0) } }
}
