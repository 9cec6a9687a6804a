internal import StripReader
internal import StripRecording

/// What programs say of themselves: who writes spans and lines, its curves and marks, and what went wrong in using them.
package struct ProgramBook: Sendable {
  fileprivate struct Values {
    var counter = UserCounter()
    var firstTime: UInt64 = 0
    var lastTime: UInt64 = 0
    var sum = 0.0
    var isInOrder = true
  }

  private struct Mark {
    var text: String
    var time: UInt64
    var track: Int
    var arguments: [Annotation]
  }

  private struct Library {
    var process: Int
    var usage = LibraryUsage()
  }

  private struct Pattern {
    /// Those in which it matched nothing; none: `stripchart run` has looked at all of them, and it matched nothing in any.
    var processes: Set<Int>
    var fact: UnmatchedPattern
  }

  private var tracks: [Track?] = []
  private var values: [(track: Int, values: Values)] = []
  private var valuePlaces: [Int: Int] = [:]
  private var storedMarks: [Mark] = []
  private(set) var markCount: UInt64 = 0
  private var libraries: [Library] = []
  private(set) var misuses: [Misuse] = []
  private var patterns: [Pattern] = []
  /// Processes in which functions, or lines, were found.
  private var matching: [String: Set<Int>] = [:]
  /// By the name of a span.
  private var places: [String: SourcePlace] = [:]
  private static let markLimit = 4096
  private static let noteLimit = 1000

  package init() {}

  // MARK: tracks

  mutating func describe(_ track: Track) {
    while tracks.count <= track.index { tracks.append(nil) }
    tracks[track.index] = track
  }

  /// The process that a track belongs to.
  func process(of track: Int) -> Int? {
    var at: Int? = track
    for _ in 0..<8 {
      guard let index = at, index < tracks.count, let known = tracks[index] else { return nil }
      if case .process = known.kind { return index }
      at = known.parent
    }
    return nil
  }

  /// `nil` also where the PID is one of another namespace that nobody could translate.
  func pid(of track: Int) -> Int32? {
    guard let process = process(of: track), case .process(let pid)? = tracks[process]?.kind else { return nil }
    return PlaceholderPID.known(pid)
  }

  /// Its threads and tasks.
  private func writers(of process: Int) -> [Int] {
    tracks.compactMap { track in
      guard let track else { return nil }
      switch track.kind {
      case .thread, .task: return self.process(of: track.index) == process ? track.index : nil
      default: return nil
      }
    }
  }

  /// All threads and tasks of the process that a track belongs to.
  func threads(of track: Int) -> [Int] { process(of: track).map { writers(of: $0) } ?? [] }

  private func threadName(of track: Int) -> String? {
    var at: Int? = track
    while let index = at, index < tracks.count, let known = tracks[index] {
      switch known.kind {
      case .thread, .task: return known.name
      default: at = known.parent == index ? nil : known.parent
      }
      if case .process = known.kind { return nil }
    }
    return nil
  }

  // MARK: what they say

  mutating func value(_ track: Int, _ value: Double, at time: UInt64, since start: UInt64) {
    let place = valuePlaces[track] ?? values.count
    if place == values.count {
      valuePlaces[track] = place
      var first = Values()
      first.counter.first = value
      first.counter.least = value
      first.counter.greatest = value
      first.counter.curve = Curve(start: min(start, time))
      first.firstTime = time
      first.lastTime = time
      first.counter.last = value
      values.append((track, first))
    }
    values[place].values.add(value, at: time)
  }

  mutating func mark(_ text: String, on track: Int, at time: UInt64, _ arguments: [Annotation]) {
    markCount &+= 1
    if storedMarks.count < Self.markLimit {
      storedMarks.append(Mark(text: text, time: time, track: track, arguments: arguments))
    }
  }

  /// `false`: no note of a program.
  mutating func note(_ name: String, on track: Int, _ note: Note) -> Bool {
    switch name {
    case "library": library(note, on: track)
    case "library cost":
      if let place = libraries.firstIndex(where: { $0.process == process(of: track) }) {
        libraries[place].usage.measuredNanoseconds = max(
          libraries[place].usage.measuredNanoseconds, note.integer("ns") ?? 0)
      }
    case "span":
      found("functions", on: track)
      if let name = note.text("name"), let file = note.text("file"), places[name] == nil {
        places[name] = SourcePlace(file: file, line: note.integer("line") ?? 0)
      }
    case "code": found("lines", on: track)
    case "misuse":
      let misuse = Misuse(
        pid: pid(of: track), kind: note.text("kind") ?? "", name: note.text("name") ?? "", count: 1)
      let known = misuses.firstIndex {
        $0.pid == misuse.pid && $0.kind == misuse.kind && $0.name == misuse.name
      }
      if let known { misuses[known].count += 1 } else if misuses.count < Self.noteLimit { misuses.append(misuse) }
    case "pattern": pattern(note, on: track)
    case "source": break
    default: return false
    }
    return true
  }

  private mutating func found(_ option: String, on track: Int) {
    if let process = process(of: track) { matching[option, default: []].insert(process) }
  }

  private mutating func library(_ note: Note, on track: Int) {
    guard let process = process(of: track) else { return }
    let place = libraries.firstIndex { $0.process == process } ?? libraries.count
    if place == libraries.count { libraries.append(Library(process: process)) }
    libraries[place].usage.pid = pid(of: track)
    libraries[place].usage.library = note.text("library") ?? ""
    libraries[place].usage.boundNanoseconds = note.integer("bound_ns")
    libraries[place].usage.readingNanoseconds = note.integer("reading_ns")
    libraries[place].usage.eventNanoseconds = note.integer("event_ns")
    libraries[place].usage.lineNanoseconds = note.integer("line_ns")
  }

  private mutating func pattern(_ note: Note, on track: Int) {
    let fact = UnmatchedPattern(
      option: note.text("option") ?? "", pattern: note.text("pattern") ?? "", near: note.texts("near"),
      uncalled: note.texts("uncalled"))
    let process = process(of: track)
    if let known = patterns.firstIndex(where: { $0.fact.option == fact.option && $0.fact.pattern == fact.pattern }) {
      if let process { patterns[known].processes.insert(process) } else { patterns[known].processes = [] }
      for near in fact.near where !patterns[known].fact.near.contains(near) { patterns[known].fact.near.append(near) }
    } else if patterns.count < Self.noteLimit {
      patterns.append(Pattern(processes: process.map { [$0] } ?? [], fact: fact))
    }
  }

  mutating func lines(_ table: RecordedLines) {
    guard let place = libraries.firstIndex(where: { $0.process == table.process }) else { return }
    libraries[place].usage.readings &+= table.readings
    libraries[place].usage.lineHits &+= LineBook.hits(table)
    libraries[place].usage.lineEvents &+= table.events
  }

  mutating func folded(_ fold: RecordedFold) {
    guard let place = libraries.firstIndex(where: { $0.process == fold.process }) else { return }
    libraries[place].usage.foldedCalls &+= fold.count
  }

  // MARK: the end

  func place(of span: String) -> SourcePlace? { places[span] }

  /// How far apart readings are at least, by process.
  func bound(of track: Int) -> UInt64? {
    guard let process = process(of: track) else { return nil }
    return libraries.first { $0.process == process }?.usage.boundNanoseconds.flatMap { UInt64(exactly: $0) }
  }

  func libraryUsages(_ tree: SpanTree) -> [LibraryUsage] {
    libraries.map { library in
      var usage = library.usage
      for track in writers(of: library.process) {
        let traffic = tree.traffic(on: track)
        usage.events &+= traffic.events
        usage.readings &+= traffic.readings
      }
      // A task's reading is its thread's, which it may share with others.
      if let pid = usage.pid, let shared = tree.taskReadings[pid] { usage.readings = library.usage.readings &+ shared }
      return usage
    }
  }

  /// A pattern that one process did not match may have matched in another: then it is not worth a word.
  var unmatchedPatterns: [UnmatchedPattern] {
    patterns.filter { pattern in
      pattern.processes.isEmpty
        || matching[pattern.fact.option, default: []].subtracting(pattern.processes).isEmpty
    }
    .map(\.fact)
  }

  var counters: [UserCounter] {
    values.map { track, values in
      var counter = values.finished
      counter.name = track < tracks.count ? tracks[track]?.name ?? "" : ""
      counter.pid = pid(of: track)
      return counter
    }
  }

  func marks(_ seconds: (UInt64) -> Double) -> [UserMark] {
    storedMarks.sorted { $0.time < $1.time }.map { mark in
      var shown = UserMark(text: mark.text, atSeconds: seconds(mark.time))
      shown.pid = pid(of: mark.track)
      shown.thread = threadName(of: mark.track)
      shown.arguments = mark.arguments.compactMap(SpanArgument.init)
      return shown
    }
  }
}

extension ProgramBook.Values {
  mutating func add(_ value: Double, at time: UInt64) {
    counter.count &+= 1
    sum += value
    if value < counter.least { counter.least = value }
    if value > counter.greatest { counter.greatest = value }
    if time < lastTime {
      isInOrder = false
      if time < firstTime {
        firstTime = time
        counter.first = value
      }
      return
    }
    if time < 1 << 62 { counter.curve.add(counter.last, from: lastTime, to: time) }
    counter.last = value
    lastTime = time
  }

  var finished: UserCounter {
    var counter = counter
    let plain = sum / Double(max(counter.count, 1))
    counter.isMeanWeighted = isInOrder && counter.curve.mean != nil
    counter.mean = counter.isMeanWeighted ? counter.curve.mean ?? plain : plain
    return counter
  }
}

extension SpanArgument {
  init?(_ annotation: Annotation) {
    switch annotation.value {
    case .integer(let value)?: self.init(name: annotation.name, value: .integer(value))
    case .real(let value)?: self.init(name: annotation.name, value: .real(value))
    case .text(let value)?: self.init(name: annotation.name, value: .text(value))
    case .flag(let value)?: self.init(name: annotation.name, value: .flag(value))
    case .integers(let value)?: self.init(name: annotation.name, value: .integers(value))
    case .texts(let value)?: self.init(name: annotation.name, value: .texts(value))
    case nil: return nil
    }
  }
}
